import { createFetchClient } from "./fetch/fetch_client.js";
import { ConnectTransport } from "./protocol/connect_transport.js";
import { GrpcWebTransport } from "./protocol/grpc_web_transport.js";
import type { AmeideOptions } from "./options/options.js";
import { systemRuntime } from "./runtime/runtime.js";
import type { Platform } from "./transport/platform.js";
import { type AmeideTransport, createPlatformTransport } from "./transport/transport.js";

export type { AmeideTransport } from "./transport/transport.js";

/**
 * Makes a transport over `fetch`, for browsers and workers: give it to the `createClient` of this
 * package, with any service of yours.
 *
 * ```ts
 * const threads = createClient(ThreadsService, createAmeideTransport({ baseUrl }));
 * ```
 *
 * It speaks Connect and gRPC-Web, and makes unary calls and server streams. The connections, their
 * TLS and their HTTP version are the runtime's, so the options `tls`, `proxy`, `httpVersion`,
 * `connectTimeoutMs` and `compression` are refused, as is `grpc`; so are calls of client and bidi
 * streams: `fetch` cannot stream a request. `fetchInit` sets the init of every `fetch`; the option
 * `fetch` replaces the function.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createAmeideTransport(options: AmeideOptions = {}): AmeideTransport {
  return createPlatformTransport(options, webPlatform);
}

const webPlatform: Platform = {
  runtime: systemRuntime,
  agent: undefined,
  compressions: undefined,
  protocols: {
    connect: (options) => new ConnectTransport(options),
    "grpc-web": (options) => new GrpcWebTransport(options),
  },
  keepsConnections: false,
  streamsRequests: false,
  telemetry: undefined,
  connect({ options: { fetch, fetchInit } }) {
    return { client: createFetchClient(fetch, fetchInit), close: () => {} };
  },
};
