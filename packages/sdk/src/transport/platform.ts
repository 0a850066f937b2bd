import type { Transport } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { ClientConfig } from "../config/config.js";
import type { ConnectionFacts, Pool } from "../wire/connection_pools.js";
import type { Environment } from "../options/environment.js";
import type { Warn } from "../telemetry/log.js";
import type { AmbientDeadline, CompressionName, WireOptions } from "../options/options.js";
import type { PolicyValues, Protocol } from "../policy/policy.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Telemetry } from "../telemetry/telemetry.js";

/** The platform-specific parts of a transport: Node.js, or fetch. */
export interface Platform {
  readonly runtime: Runtime;
  /** Reads the environment; undefined if there is none. */
  readonly environment?: (maxMaxAttempts: number) => Environment;
  /**
   * Texts such as `node/20.20.2` and `linux; x64`; undefined if the runtime controls `user-agent`.
   */
  readonly agent: { readonly runtime: string; readonly system: string } | undefined;
  /** Undefined if the runtime does the compression. */
  readonly compressions:
    | Readonly<Record<Exclude<CompressionName, "none">, Compression>>
    | undefined;
  /** Creates the transports for the protocols that the runtime can speak. */
  readonly protocols: {
    readonly [P in Protocol]?: (options: WireOptions) => Transport;
  };
  /**
   * True if connections are the SDK's, shared by derived clients; false if they are the runtime's.
   */
  readonly keepsConnections: boolean;
  /** True if requests can be streamed. */
  readonly streamsRequests: boolean;
  /** Spans and metrics if the options state none. */
  readonly telemetry: Telemetry | undefined;
  readonly ambientDeadline?: () => AmbientDeadline | undefined;
  /** Creates headers for the SDK's own connections. Default: the runtime's. */
  readonly createHeaders?: () => Headers;
  /** @param warn - Receives warnings for the operator of the client. */
  connect(config: ClientConfig, warn: Warn): Pool;
  /**
   * Checks the options of connections; undefined if connections are the runtime's.
   *
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  readonly connectionFacts?: (config: ClientConfig) => ConnectionFacts;
  /** Hashes a policy for an explanation. Undefined if hashing is asynchronous. */
  readonly policyHash?: (policy: PolicyValues) => string;
}
