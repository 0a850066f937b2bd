import { httpVersionOf } from "../options/check_combinations.js";
import type { ClientConfig } from "../config/config.js";
import type { ConnectionFacts } from "../wire/connection_pools.js";
import { connectionSettings } from "./connection_settings.js";
import type { ExplainedValue } from "../config/explain.js";
import type { ConnectionOptions } from "./connections.js";
import { type Proxy, proxyOf } from "./proxy.js";
import { shown } from "./proxy_tunnel.js";
import { tlsId, tlsMaterial } from "./tls_material.js";

type KnownOptions = Omit<ConnectionOptions, "warn">;

const known = new WeakMap<ClientConfig, KnownOptions>();

/**
 * Returns the options of a client's connections, and the environment's part in them at that time.
 */
export function connectionOptions(config: ClientConfig): KnownOptions {
  let made = known.get(config);
  if (made === undefined) {
    made = read(config);
    known.set(config, made);
  }
  return made;
}

function read(config: ClientConfig): KnownOptions {
  const { constants, options, origin } = config;
  return {
    origin,
    httpVersion: httpVersionOf(options, origin),
    grpc: options.protocol === "grpc",
    // Later changes by the caller must have no effect.
    tls: typeof options.tls === "object" ? tlsMaterial(options.tls) : options.tls,
    connectTimeoutMs: options.connectTimeoutMs ?? constants.connectTimeoutMs,
    proxy: proxyOf(options, origin, process),
    maxConnections: options.maxConnections,
    ...connectionSettings(config),
  };
}

/**
 * Checks the options of a client's connections.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function connectionFacts(config: ClientConfig): ConnectionFacts {
  const { options } = config;
  const made = connectionOptions(config);
  const { connectTimeoutMs, grpc, httpVersion, proxy } = made;
  const { keepAlive, maxConnectionAgeMs, maxConnections } = made;
  const tls = made.tls === undefined ? "" : tlsId(made.tls);
  const defaults = `built-in (behavior ${options.behavior ?? 1})`;
  const of = (value: unknown, name: keyof typeof options): ExplainedValue => ({
    value,
    source: options[name] === undefined ? defaults : "code: client",
  });
  return {
    key: JSON.stringify([
      httpVersion,
      grpc,
      connectTimeoutMs,
      tls,
      proxy && proxyId(proxy),
      maxConnections,
      keepAlive,
      maxConnectionAgeMs,
    ]),
    explained: {
      httpVersion: of(httpVersion, "httpVersion"),
      connectTimeoutMs: of(connectTimeoutMs, "connectTimeoutMs"),
      keepAlive: of(keepAlive, "keepAlive"),
      maxConnectionAgeMs: of(maxConnectionAgeMs, "maxConnectionAgeMs"),
      proxy:
        proxy === undefined ? of(null, "proxy") : { value: shown(proxy), source: proxy.source },
    },
  };
}

function proxyId({ authorization, host, port, secure }: Proxy): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const text = JSON.stringify([host, port, secure, authorization]);
  return createHash("sha256").update(text).digest("hex");
}
