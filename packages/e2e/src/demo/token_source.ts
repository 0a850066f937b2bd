import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { TokenService } from "@ameideio/core-proto/ameide/identity/v1";
import type { Token } from "@ameideio/ameide-sdk-ts";
import type { ReferenceServerOptions } from "@ameideio/reference-server";
import { TENANT } from "./sdks.js";

const SECRET = "ak_demo";

/**
 * A token lives this long, in milliseconds, if it is the first of its source: longer
 * than the second that the SDK uses one for whatever it says of its end.
 */
export const FIRST_LIFETIME_MS = 1_100;

/** A reference server that demands tokens, and has the API key they are issued for. */
export const GUARDED: ReferenceServerOptions = {
  auth: "required",
  seed: {
    [TENANT]: {
      apiKeys: [
        {
          secret: SECRET,
          apiKey: { organizationId: TENANT, scopes: ["meter.read", "meter.write"] },
        },
      ],
    },
  },
};

/** Gets tokens of a server, a new one at each call. The first ends soon, the others do not. */
export function tokenSource(baseUrl: string): () => Promise<Token> {
  const tokens = createClient(
    TokenService,
    createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  );
  let lifetime: { lifetime?: ReturnType<typeof durationFromMs> } = {
    lifetime: durationFromMs(FIRST_LIFETIME_MS),
  };
  return async () => {
    const request = { apiKey: SECRET, service: "demo", ...lifetime };
    lifetime = {};
    const { token, expiresAt } = await tokens.issueServiceToken(request);
    return { token, expiresAt: expiresAt && timestampMs(expiresAt) };
  };
}
