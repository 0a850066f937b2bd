import type * as Api from "@opentelemetry/api";
import { tell } from "../runtime/callbacks.js";
import type { CallEvent, CallInfo, CallSink } from "./observer.js";
import { activeBaggage, activeSpan, contextWith, registered } from "./otel_registry.js";
import type { Telemetry, TelemetryOptions } from "./telemetry.js";
import { version } from "../runtime/version.js";

/** Targets of spans and metrics. Default: OpenTelemetry's global API. */
export interface TelemetryProviders {
  readonly tracerProvider?: Api.TracerProvider | undefined;
  readonly meterProvider?: Api.MeterProvider | undefined;
  /** Record the tenant of a call as the attribute `ameide.tenant` of its span. Default false. */
  readonly tenantAttribute?: boolean | undefined;
}

/** Name of the instrumentation, and of its metrics' scope. */
const SCOPE = "@ameideio/ameide-sdk-ts";

// The buckets of the semantic conventions for RPC end at 10 s; a call may take its whole deadline.
const SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60,
];

/** Names, units and buckets: the OpenTelemetry semantic conventions for RPC, and the SDK's own. */
export const METRICS = {
  callDuration: {
    name: "rpc.client.call.duration",
    unit: "s",
    buckets: SECONDS,
    description: "Duration of calls, waits between attempts included",
  },
  attemptDuration: {
    name: "ameide.client.attempt.duration",
    unit: "s",
    buckets: SECONDS,
    description: "Duration of single attempts",
  },
  retries: {
    name: "ameide.client.call.retries",
    unit: "{retry}",
    buckets: [1, 2, 3, 4, 5],
    description: "Retries of calls that were retried, transparent ones not counted",
  },
  retryDelay: {
    name: "ameide.client.call.retry_delay",
    unit: "s",
    buckets: SECONDS,
    description: "Sum of the waits between attempts of calls that were retried",
  },
  budgetTokens: {
    name: "ameide.client.retry_budget.tokens",
    unit: "{token}",
    description: "Tokens left in the retry budget",
  },
} as const;

// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum would bring the API along
const CLIENT: Api.SpanKind.CLIENT = 2;
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum would bring the API along
const ERROR: Api.SpanStatusCode.ERROR = 2;

/**
 * Creates spans and metrics of calls. Providers that are not given are the globally registered
 * ones.
 */
export function createTelemetry(providers: TelemetryProviders): Telemetry {
  const tracerOf = ofProvider((provider: Api.TracerProvider) => provider.getTracer(SCOPE, version));
  const metersOf = ofProvider((provider: Api.MeterProvider) =>
    createMeters(provider.getMeter(SCOPE, version)),
  );
  return {
    begin(call, options) {
      // Providers are often registered after clients are made, so ask late.
      const { trace, metrics } = registered();
      const tracer = tracerOf(providers.tracerProvider ?? trace);
      const meters = metersOf(providers.meterProvider ?? metrics);
      const parent = tracer === undefined ? activeSpan() : undefined;
      if (tracer === undefined && meters === undefined && parent === undefined) {
        return undefined;
      }
      const tenant = providers.tenantAttribute === true ? call.tenant : undefined;
      return new TracedCall(tracer, meters, parent, call, { ...options, tenant });
    },
  };
}

// Created once for each provider.
function ofProvider<P, T>(make: (provider: P) => T): (provider: P | undefined) => T | undefined {
  let last: { readonly provider: P; readonly made: T } | undefined;
  return (provider) => {
    if (provider === undefined) {
      return undefined;
    }
    if (last?.provider !== provider) {
      last = { provider, made: make(provider) };
    }
    return last.made;
  };
}

interface Meters {
  readonly callDuration: Api.Histogram;
  readonly attemptDuration: Api.Histogram;
  readonly retries: Api.Histogram;
  readonly retryDelay: Api.Histogram;
  readonly budgetTokens: Api.Gauge;
}

function createMeters(meter: Api.Meter): Meters {
  const histogram = ({
    name,
    buckets,
    ...rest
  }: {
    name: string;
    unit: string;
    description: string;
    buckets: readonly number[];
  }) =>
    meter.createHistogram(name, { ...rest, advice: { explicitBucketBoundaries: [...buckets] } });
  const { name, ...gauge } = METRICS.budgetTokens;
  return {
    callDuration: histogram(METRICS.callDuration),
    attemptDuration: histogram(METRICS.attemptDuration),
    retries: histogram(METRICS.retries),
    retryDelay: histogram(METRICS.retryDelay),
    budgetTokens: meter.createGauge(name, gauge),
  };
}

class TracedCall implements CallSink {
  private readonly span: Api.Span | undefined;
  private readonly startMs = performance.timeOrigin + performance.now();
  private attemptSpan: Api.Span | undefined;
  private attempts = 0;
  private attemptsFailed = 0;
  private attemptStartedMs = 0;
  private transparent = 0;
  private ended = false;
  private readonly system: "connectrpc" | "grpc";
  /** Address of the call, recorded on everything about it. */
  private readonly server: Api.Attributes;

  // A sampler or a span processor that throws costs only its span: each call of OpenTelemetry is
  // guarded separately.

  /** @param parent - Span whose context is passed on if there is no tracer. */
  constructor(
    private readonly tracer: Api.Tracer | undefined,
    private readonly meters: Meters | undefined,
    private readonly parent: Api.Span | undefined,
    private readonly call: CallInfo,
    private readonly options: TelemetryOptions & { readonly tenant: string | undefined },
  ) {
    this.system = call.protocol === "connect" ? "connectrpc" : "grpc";
    this.server = { "server.address": call.serverAddress, "server.port": call.serverPort };
    this.span = tell(() =>
      tracer?.startSpan(call.method, {
        kind: CLIENT,
        startTime: this.startMs,
        attributes: {
          "rpc.system.name": this.system,
          "rpc.method": call.method,
          ...this.server,
          "ameide.request_id": call.requestId,
          ...(options.tenant !== undefined && { "ameide.tenant": options.tenant }),
        },
      }),
    );
  }

  inject(set: (name: string, value: string) => void, atMs: number): void {
    const call = this.span;
    let attempt: Api.Span | undefined;
    if (this.options.attemptSpans && call !== undefined) {
      const name = `${this.call.method} attempt`;
      const startTime = this.startMs + atMs;
      attempt = tell(() =>
        this.tracer?.startSpan(name, { kind: CLIENT, startTime }, contextWith(call)),
      );
      if (this.ended) {
        // A listener may have ended the call when it heard of the start.
        tell(() => attempt?.end(startTime));
        return;
      }
      this.attemptSpan = attempt;
    }
    const context = [attempt, call, this.parent]
      .map((span) => span?.spanContext())
      .find((each) => each !== undefined && isValid(each));
    if (context === undefined) {
      return;
    }
    // W3C Trace Context, sections 3.2 and 3.3.
    const flags = context.traceFlags.toString(16).padStart(2, "0");
    set("traceparent", `00-${context.traceId}-${context.spanId}-${flags}`);
    const state = context.traceState?.serialize();
    if (state !== undefined && state !== "") {
      set("tracestate", state);
    }
    this.injectBaggage(set);
  }

  peer(address: string, port: number): void {
    this.span?.setAttributes({ "network.peer.address": address, "network.peer.port": port });
  }

  event(event: CallEvent): void {
    switch (event.type) {
      case "attempt_started":
        this.attempts = event.attempt;
        this.attemptStartedMs = event.atMs;
        break;
      case "attempt_failed":
        this.attemptFailed(event);
        break;
      case "waiting":
        this.transparent += event.kind === "transparent" ? 1 : 0;
        break;
      case "done":
        this.done(event);
        break;
      case "would_have":
        this.span?.addEvent(`ameide.would_have.${event.what}`);
        break;
    }
  }

  private attemptFailed(event: CallEvent & { type: "attempt_failed" }): void {
    this.attemptsFailed++;
    tell(() =>
      this.span?.addEvent("ameide.attempt.failed", {
        "ameide.attempt": event.attempt,
        "ameide.code": event.code,
        "ameide.class": event.class,
        ...(event.delayMs !== undefined && { "ameide.delay_ms": event.delayMs }),
        ...(event.stopReason !== undefined && { "ameide.stop_reason": event.stopReason }),
      }),
    );
    this.endAttempt(event, event.durationMs);
  }

  private done(event: CallEvent & { type: "done" }): void {
    if (this.attempts > this.attemptsFailed) {
      this.endAttempt(event, event.atMs - this.attemptStartedMs);
    }
    const attributes = this.attributes(event.code);
    this.ended = true;
    const { meters } = this;
    this.conclude(this.span, event.code);
    tell(() => meters?.callDuration.record(event.durationMs / 1_000, attributes));
    const retries = Math.max(0, event.attempts - 1 - this.transparent);
    if (retries > 0) {
      tell(() => meters?.retries.record(retries, attributes));
      tell(() => meters?.retryDelay.record(event.retryDelayMs / 1_000, attributes));
    }
    tell(() => meters?.budgetTokens.record(event.budgetTokens, this.server));
    // Exactly equal to the metric: the end is the start plus the duration.
    tell(() => this.span?.end(this.startMs + event.durationMs));
  }

  private endAttempt(
    { atMs, code }: { atMs: number; code: string | undefined },
    durationMs: number,
  ): void {
    const attributes = this.attributes(code);
    tell(() => this.meters?.attemptDuration.record(durationMs / 1_000, attributes));
    const { attemptSpan } = this;
    this.attemptSpan = undefined;
    this.conclude(attemptSpan, code);
    tell(() => attemptSpan?.end(this.startMs + atMs));
  }

  private attributes(code: string | undefined): Api.Attributes {
    return {
      "rpc.system.name": this.system,
      "rpc.method": this.call.method,
      ...this.server,
      ...this.status(code),
    };
  }

  // Semantic conventions for RPC: no status for success in Connect, OK in gRPC.
  private status(code: string | undefined): Api.Attributes {
    if (this.system === "grpc") {
      return { "rpc.response.status_code": code === undefined ? "OK" : grpcName(code) };
    }
    return code === undefined ? {} : { "rpc.response.status_code": code };
  }

  private conclude(span: Api.Span | undefined, code: string | undefined): void {
    tell(() => {
      span?.setAttributes(this.status(code));
      if (code !== undefined) {
        const name = this.system === "grpc" ? grpcName(code) : code;
        span?.setAttribute("error.type", name);
        span?.setStatus({ code: ERROR });
      }
    });
  }

  private injectBaggage(set: (name: string, value: string) => void): void {
    const baggage = this.options.baggage.length === 0 ? undefined : activeBaggage();
    // W3C Baggage, section 3.1.
    const members = this.options.baggage.flatMap((key) => {
      const entry = baggage?.getEntry(key);
      return entry === undefined
        ? []
        : [`${encodeURIComponent(key)}=${encodeURIComponent(entry.value)}`];
    });
    if (members.length > 0) {
      set("baggage", members.join(","));
    }
  }
}

// W3C Trace Context, sections 3.2.2.3 and 3.2.2.4: ids of zeros are invalid.
function isValid({ traceId, spanId }: Api.SpanContext): boolean {
  return /^(?!0+$)[0-9a-f]{32}$/i.test(traceId) && /^(?!0+$)[0-9a-f]{16}$/i.test(spanId);
}

// gRPC spells its codes in upper case, and this one with a second L.
function grpcName(code: string): string {
  return code === "canceled" ? "CANCELLED" : code.toUpperCase();
}
