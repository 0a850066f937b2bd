import type { Pool } from "../wire/connection_pools.js";
import type { ConnectionSettings } from "./connection_settings.js";
import type { Dialer, DialOptions } from "./dial.js";
import { http2Client } from "./http2_client.js";
import { Http2Pool } from "./http2_pool.js";

/** Creates a pool of HTTP/2 connections, which are made on demand. */
export function http2Connections(
  origin: string,
  dialer: Dialer,
  options: ConnectionSettings & Pick<DialOptions, "advice" | "connectTimeoutMs">,
): Pool {
  const { advice, connectTimeoutMs, keepAlive, maxConnectionAgeMs, maxHttp2Connections } = options;
  const settings = {
    pings: keepAlive === false ? undefined : { ...keepAlive },
    maxConnectionAgeMs: maxConnectionAgeMs ?? undefined,
    settingsTimeoutMs: connectTimeoutMs,
    advice,
    answered: false,
  };
  const pool = new Http2Pool(origin, dialer, settings, maxHttp2Connections);
  const client = http2Client(origin, pool);
  return {
    client,
    close: () => pool.close(new Error("the client is closed")),
    letGo: () => pool.letGo(),
  };
}
