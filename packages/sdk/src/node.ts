import { createTransport as createConnect } from "@connectrpc/connect/protocol-connect";
import { createTransport as createGrpc } from "@connectrpc/connect/protocol-grpc";
import { createTransport as createGrpcWeb } from "@connectrpc/connect/protocol-grpc-web";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type * as Api from "@opentelemetry/api";
import { ambientDeadline } from "./ambient.js";
import { readEnvironment } from "./environment.js";
import { createConnections } from "./node_http.js";
import type { AmeideOptions } from "./options.js";
import { createTelemetry } from "./otel_telemetry.js";
import { canonicalJson } from "./policy.js";
import { systemClock, systemRuntime } from "./runtime.js";
import type { Telemetry } from "./telemetry.js";
import { TimerQueue } from "./timer_queue.js";
import { type AmeideTransport, createPlatformTransport, type Platform } from "./transport.js";

export { withDeadlineFrom } from "./ambient.js";
export type { AmeideTransport } from "./transport.js";

/**
 * Makes a transport for Node.js: give it to Connect's `createClient` with any
 * service of yours.
 *
 * ```ts
 * const threads = createClient(ThreadsService, createAmeideTransport({ baseUrl }));
 * ```
 *
 * What the options leave open comes from the environment (`AMEIDE_BASE_URL`,
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
  compressions: { gzip: compressionGzip, br: compressionBrotli },
  protocols: { connect: createConnect, grpc: createGrpc, "grpc-web": createGrpcWeb },
  keepsConnections: true,
  streamsRequests: true,
  telemetry: globalTelemetry,
  ambientDeadline,
  connect(config) {
    const { httpVersion, protocol, tls } = config.options;
    const needs2 = protocol === "grpc" || config.origin.startsWith("https:");
    return createConnections({
      origin: config.origin,
      httpVersion: httpVersion ?? (needs2 ? "2" : "1.1"),
      tls,
    });
  },
  policyHash(policy) {
    const { createHash } = process.getBuiltinModule("node:crypto");
    return createHash("sha256").update(canonicalJson(policy)).digest("hex");
  },
};

// OpenTelemetry's API is optional, and there is nothing to do without it.
// Loading it must not await: an ES module that does cannot be required.
let loaded: { telemetry: Telemetry | undefined } | undefined;

function globalTelemetry(): Telemetry | undefined {
  if (loaded === undefined) {
    try {
      const { createRequire } = process.getBuiltinModule("node:module");
      const api = createRequire(import.meta.url)("@opentelemetry/api") as typeof Api;
      loaded = { telemetry: createTelemetry(api, {}) };
    } catch {
      loaded = { telemetry: undefined };
    }
  }
  return loaded.telemetry;
}
