import type { ClientConfig } from "../config/config.js";
import type { KeepAliveOptions } from "../options/options.js";

/** What holds for connections that we make. */
export interface ConnectionSettings {
  /** When a connection of HTTP/2 is asked whether its peer is there; `false` for never. */
  readonly keepAlive: false | Required<KeepAliveOptions>;
  /** How old a connection of HTTP/2 gets, in milliseconds; `null` for any age. */
  readonly maxConnectionAgeMs: number | null;
  /** Most connections of HTTP/2 to one origin that take calls. */
  readonly maxHttp2Connections: number;
}

type Stated = Pick<ClientConfig, "constants" | "options">;

/** What the options say of connections, over the defaults. */
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
