import { createClient as createConnectClient, type Client } from "@connectrpc/connect";
import { createClient, type AmeideOptions, type Token } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport, type AmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import type { Started } from "./servers.js";
import { wait } from "./watch.js";
import { WIRES, type Wire } from "./wires.js";

/** A transport of the SDK with both kinds of clients over it. */
export interface Connected {
  readonly transport: AmeideTransport;
  readonly sdk: Client<typeof ConformanceService>;
  readonly connect: Client<typeof ConformanceService>;
}

// Short, so that a fault that stalls costs little; and retries follow at once.
const SHORT: AmeideOptions = {
  timeoutMs: 150,
  attemptTimeoutMs: 40,
  firstMessageTimeoutMs: 40,
  idleTimeoutMs: 40,
  retry: { baseDelayMs: 1, throttleDelayMs: 1, maxDelayMs: 4 },
  budget: { capacity: 10_000, cost: 1, throttleCost: 1 },
};

/** Connects to a server by a wire. */
export function connectBy(wire: Wire, { urls, ca }: Started, random: () => number): Connected {
  const { protocol, httpVersion, tls, gzip, httpGet } = wire;
  const baseUrl = urls[WIRES.indexOf(wire)] as string;
  const transport = createAmeideTransport({
    ...SHORT,
    baseUrl,
    allowInsecureLoopback: true,
    protocol,
    httpVersion,
    tenant: "acme",
    auth: { provider: () => token(random) },
    readMaxBytes: 100_000,
    observer: () => {},
    ...(tls === "trusted" && { tls: { ca } }),
    ...(gzip && { compression: { send: "gzip", accept: "gzip" } }),
    ...(httpGet && { httpGet }),
  });
  return {
    transport,
    sdk: createClient(ConformanceService, transport),
    connect: createConnectClient(ConformanceService, transport),
  };
}

/** A token that has to be renewed at once, from a provider that sometimes fails or never answers. */
function token(random: () => number): Token | Promise<Token> {
  const found = { token: "a-token", expiresAt: Date.now() + 1_000 };
  const luck = random();
  if (luck < 0.04) {
    return new Promise(() => {});
  }
  if (luck < 0.08) {
    return Promise.reject(new Error("no token"));
  }
  return luck < 0.2 ? wait(3).then(() => found) : found;
}
