import { backingOff } from "./connect_backoff.js";
import { createDialer, type DialOptions } from "./dial.js";
import { http1Connections } from "./http1_connections.js";
import { http2Connections } from "./http2_connections.js";
import type { Pool } from "../connection_pools.js";

/** What the connections to one origin depend on. */
export interface ConnectionOptions extends DialOptions {
  readonly httpVersion: "1.1" | "2";
}

/** Makes a pool of connections to one origin. It follows no redirects. */
export function createConnections(options: ConnectionOptions): Pool {
  const dialer = backingOff(createDialer(options));
  return options.httpVersion === "2"
    ? http2Connections(options.origin, dialer)
    : http1Connections(options.origin, dialer);
}
