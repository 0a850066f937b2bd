import type { Transport } from "@connectrpc/connect";
import type { CommonTransportOptions, Compression } from "@connectrpc/connect/protocol";
import type { ClientConfig } from "../config/config.js";
import type { ConnectionFacts, Pool } from "../wire/connection_pools.js";
import type { Environment } from "../options/environment.js";
import type { LazyTransport } from "../wire/lazy_transport.js";
import type { Warn } from "../telemetry/log.js";
import type { AmbientDeadline, CompressionName } from "../options/options.js";
import type { PolicyValues, Protocol } from "../policy/policy.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Telemetry } from "../telemetry/telemetry.js";

/** The platform-specific parts of a transport: Node.js, or fetch. */
export interface Platform {
  readonly runtime: Runtime;
  /** Reads the environment; undefined where there is none. */
  readonly environment?: (maxMaxAttempts: number) => Environment;
  /** `node/20.20.2`, and `linux; x64`; undefined where `user-agent` is the runtime's. */
  readonly agent: { readonly runtime: string; readonly system: string } | undefined;
  /** Undefined where compression is the runtime's. */
  readonly compressions:
    | Readonly<Record<Exclude<CompressionName, "none">, Compression>>
    | undefined;
  /** Makes Connect's transports for the protocols the runtime can speak. */
  readonly protocols: {
    readonly [P in Protocol]?: (options: InnerOptions) => Transport | LazyTransport;
  };
  /** Connections are ours, and shared by what is derived; else they are the runtime's. */
  readonly keepsConnections: boolean;
  /** Requests can be streamed. */
  readonly streamsRequests: boolean;
  /** Spans and metrics where the options say nothing. */
  readonly telemetry: Telemetry | undefined;
  readonly ambientDeadline?: () => AmbientDeadline | undefined;
  /** @param warn - Told of what whoever runs the client should know. */
  connect(config: ClientConfig, warn: Warn): Pool;
  /**
   * Looks at what connections are made with; undefined where they are the runtime's.
   *
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  readonly connectionFacts?: (config: ClientConfig) => ConnectionFacts;
  /** The hash in an explanation. Undefined where it has to be waited for. */
  readonly policyHash?: (policy: PolicyValues) => string;
}

/** What all of Connect's transports are made with. */
export type InnerOptions = CommonTransportOptions & { useHttpGet: boolean };
