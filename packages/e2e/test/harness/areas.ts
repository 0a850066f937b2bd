import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";
import { type AmeideClient, createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from "@ameideio/reference-server";
import { onTestFinished } from "vitest";

/** A reference server and the SDK's client of every service, of the tenant `acme`. */
export async function startAreas(
  options: ReferenceServerOptions = {},
  settings: AmeideOptions = {},
): Promise<{ server: ReferenceServer; ameide: AmeideClient }> {
  const server = await startReferenceServer(options);
  const ameide = createAmeideClient({
    baseUrl: server.url,
    allowInsecureLoopback: true,
    tenant: "acme",
    ...settings,
  });
  onTestFinished(async () => {
    ameide.close();
    await server.close();
  });
  return { server, ameide };
}
