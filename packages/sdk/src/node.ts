import { ambientDeadline } from "./options/ambient_deadline.js";
import { readEnvironment } from "./options/environment.js";
import { COMPRESSIONS } from "./http/compressions.js";
import { connectionFacts, connectionOptions } from "./http/connection_facts.js";
import { createConnections } from "./http/connections.js";
import { HeaderFields } from "./http/header_fields.js";
import type { AmeideOptions } from "./options/options.js";
import { ConnectTransport } from "./protocol/connect_transport.js";
import { GrpcTransport } from "./protocol/grpc_transport.js";
import { GrpcWebTransport } from "./protocol/grpc_web_transport.js";
import { createTelemetry } from "./telemetry/otel_telemetry.js";
import { canonicalJson } from "./policy/policy.js";
import { systemClock, systemRuntime } from "./runtime/runtime.js";
import { TimerQueue } from "./runtime/timer_queue.js";
import type { Platform } from "./transport/platform.js";
import { type AmeideTransport, createPlatformTransport } from "./transport/transport.js";

export { withDeadlineFrom } from "./options/ambient_deadline.js";
export type { AmeideTransport } from "./transport/transport.js";

/**
 * Makes a transport for Node.js: give it to the `createClient` of this package, with any service of
 * yours.
 *
 * ```ts
 * const threads = createClient(ThreadsService, createAmeideTransport({ baseUrl }));
 * ```
 *
 * Settings that the options leave open come from the environment (`AMEIDE_BASE_URL`,
 * `AMEIDE_TENANT`, `AMEIDE_TOKEN`, `AMEIDE_TIMEOUT_MS`, `AMEIDE_MAX_ATTEMPTS`,
 * `AMEIDE_SDK_RETRIES`), the policy document, the proto and the defaults.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createAmeideTransport(options: AmeideOptions = {}): AmeideTransport {
  return createPlatformTransport(options, nodePlatform);
}

const nodePlatform: Platform = {
  runtime: {
    ...systemRuntime,
    clock: { ...systemClock, limits: /* @__PURE__ */ new TimerQueue(() => systemClock.now()) },
  },
  environment: (maxMaxAttempts) => readEnvironment(process.env, maxMaxAttempts),
  agent: {
    runtime: `node/${process.versions.node}`,
    system: `${process.platform}; ${process.arch}`,
  },
  compressions: COMPRESSIONS,
  protocols: {
    connect: (options) => new ConnectTransport(options),
    grpc: (options) => new GrpcTransport(options),
    "grpc-web": (options) => new GrpcWebTransport(options),
  },
  keepsConnections: true,
  streamsRequests: true,
  telemetry: /* @__PURE__ */ createTelemetry({}),
  ambientDeadline,
  createHeaders: () => new HeaderFields(),
  connect: (config, warn) => createConnections({ ...connectionOptions(config), warn }),
  connectionFacts,
  policyHash(policy) {
    const { createHash } = process.getBuiltinModule("node:crypto");
    return createHash("sha256").update(canonicalJson(policy)).digest("hex");
  },
};
