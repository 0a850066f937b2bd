import type { ClientConfig } from "../config/config.js";
import type { PingPolicy } from "./http2_pulse.js";

/** Settings of the SDK's own connections. */
export interface ConnectionSettings {
  /** PINGs that ask whether the peer of an HTTP/2 connection is there; `false` for none. */
  readonly keepAlive: false | Readonly<PingPolicy>;
  /** Maximum age of an HTTP/2 connection, in milliseconds; `null` for no limit. */
  readonly maxConnectionAgeMs: number | null;
  /** Maximum number of HTTP/2 connections to one origin that take calls. */
  readonly maxHttp2Connections: number;
}

type Stated = Pick<ClientConfig, "constants" | "options">;

/** Returns the options for connections, laid over the defaults. */
export function connectionSettings({ constants, options }: Stated): ConnectionSettings {
  const { keepAlive = {}, maxConnectionAgeMs = null } = options;
  return {
    keepAlive: keepAlive !== false && {
      intervalMs: keepAlive.intervalMs ?? constants.keepAlive.intervalMs,
      timeoutMs: keepAlive.timeoutMs ?? constants.keepAlive.timeoutMs,
      whileIdle: keepAlive.whileIdle ?? false,
    },
    maxConnectionAgeMs,
    maxHttp2Connections: constants.maxHttp2Connections,
  };
}
