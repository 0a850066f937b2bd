import type { HttpVersion } from "../options/check_combinations.js";
import type { Pool } from "../wire/connection_pools.js";
import type { ConnectionSettings } from "./connection_settings.js";
import { backingOff } from "./connect_backoff.js";
import { createDialer, type DialOptions } from "./dial.js";
import { http1Connections, type Http1Options } from "./http1_connections.js";
import { http2Connections } from "./http2_connections.js";
import { negotiatedConnections } from "./negotiated_connections.js";

/** Options that the connections to one origin depend on. */
export interface ConnectionOptions
  extends Omit<DialOptions, "advice">, Http1Options, ConnectionSettings {
  readonly httpVersion: HttpVersion;
  /** True if the protocol needs HTTP/2. */
  readonly grpc: boolean;
}

/** Creates a pool of connections to one origin. It follows no redirects. */
export function createConnections(options: ConnectionOptions): Pool {
  const { httpVersion, origin } = options;
  const advice = adviceOf(options);
  const dialer = backingOff(createDialer({ ...options, advice }));
  switch (httpVersion) {
    case "1.1":
      return http1Connections(origin, dialer, options);
    case "2":
      return http2Connections(origin, dialer, { ...options, advice });
    case "negotiated":
      return negotiatedConnections(origin, dialer, { ...options, advice });
  }
}

function adviceOf({ httpVersion, grpc, origin }: ConnectionOptions): string {
  const plain = origin.startsWith("http:") ? "; if it speaks TLS, use https" : "";
  if (grpc) {
    return `HTTP/2, which gRPC needs; take protocol connect or grpc-web${plain}`;
  }
  return httpVersion === "negotiated"
    ? "HTTP"
    : `HTTP/${httpVersion}, as httpVersion asks; leave the option out${plain}`;
}
