import type * as Api from "@opentelemetry/api";
import { tell } from "./callbacks.js";
import type { CallEvent, CallInfo, CallSink } from "./observer.js";
import type { Telemetry, TelemetryOptions } from "./telemetry.js";
import { version } from "./version.js";

/** Where spans and metrics go. Default: OpenTelemetry's global API. */
export interface TelemetryProviders {
  readonly tracerProvider?: Api.TracerProvider;
  readonly meterProvider?: Api.MeterProvider;
  /** The tenant of a call as the attribute `ameide.tenant` of its span. Default false. */
  readonly tenantAttribute?: boolean;
}

/** Name of the instrumentation, and of its metrics' scope. */
const SCOPE = "@ameideio/ameide-sdk-ts";

/**
 * Names, units and buckets: the OpenTelemetry semantic conventions for RPC, and
 * ours beside them.
 */
export const METRICS = {
  callDuration: {
    name: "rpc.client.call.duration",
    unit: "s",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  attemptDuration: { name: "ameide.client.attempt.duration", unit: "s" },
  retries: { name: "ameide.client.call.retries", unit: "{retry}", buckets: [1, 2, 3, 4, 5] },
  retryDelay: { name: "ameide.client.call.retry_delay", unit: "s" },
  budgetTokens: { name: "ameide.client.retry_budget.tokens", unit: "{token}" },
} as const;

type OpenTelemetryApi = typeof Api;

// Where all copies of the API, of the major version 1, keep what is registered.
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Makes spans and metrics of calls with a given copy of OpenTelemetry's API. */
export function createTelemetry(api: OpenTelemetryApi, providers: TelemetryProviders): Telemetry {
  // Providers are often registered after clients are made, so ask late.
  let tools: { tracer: Api.Tracer; meters: Meters; counts: boolean } | undefined;
  const ownProviders =
    providers.tracerProvider !== undefined || providers.meterProvider !== undefined;
  const nobodysTraces = new api.ProxyTracerProvider().getDelegate();
  const traces = () => {
    const provider = providers.tracerProvider ?? api.trace.getTracerProvider();
    return (
      !(provider instanceof api.ProxyTracerProvider) ||
      provider.getDelegate() !== nobodysTraces ||
      api.trace.getSpanContext(api.context.active()) !== undefined
    );
  };
  return {
    begin(call, options) {
      if (!ownProviders && !(REGISTRY in globalThis)) {
        return undefined;
      }
      if (tools === undefined) {
        const meter = (providers.meterProvider ?? api.metrics).getMeter(SCOPE, version);
        tools = {
          tracer: (providers.tracerProvider ?? api.trace).getTracer(SCOPE, version),
          meters: createMeters(meter),
          counts: meter !== api.createNoopMeter(),
        };
      }
      if (!tools.counts && !traces()) {
        return undefined;
      }
      const tenant = providers.tenantAttribute === true ? call.tenant : undefined;
      return new TracedCall(api, tools.tracer, tools.meters, call, { ...options, tenant });
    },
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
  const histogram = (metric: { name: string; unit: string; buckets?: readonly number[] }) =>
    meter.createHistogram(metric.name, {
      unit: metric.unit,
      advice: { explicitBucketBoundaries: [...(metric.buckets ?? METRICS.callDuration.buckets)] },
    });
  return {
    callDuration: histogram(METRICS.callDuration),
    attemptDuration: histogram(METRICS.attemptDuration),
    retries: histogram(METRICS.retries),
    retryDelay: histogram(METRICS.retryDelay),
    budgetTokens: meter.createGauge(METRICS.budgetTokens.name, { unit: METRICS.budgetTokens.unit }),
  };
}

class TracedCall implements CallSink {
  private readonly span: Api.Span;
  private readonly startMs = performance.timeOrigin + performance.now();
  private attemptSpan: Api.Span | undefined;
  private attempts = 0;
  private attemptsFailed = 0;
  private attemptStartedMs = 0;
  private transparent = 0;
  private ended = false;
  private readonly system: "connectrpc" | "grpc";

  constructor(
    private readonly api: OpenTelemetryApi,
    private readonly tracer: Api.Tracer,
    private readonly meters: Meters,
    private readonly call: CallInfo,
    private readonly options: TelemetryOptions & { readonly tenant: string | undefined },
  ) {
    this.system = call.protocol === "connect" ? "connectrpc" : "grpc";
    this.span = this.start(() =>
      tracer.startSpan(call.method, {
        kind: api.SpanKind.CLIENT,
        startTime: this.startMs,
        attributes: {
          "rpc.system.name": this.system,
          "rpc.method": call.method,
          "server.address": call.serverAddress,
          "server.port": call.serverPort,
          ...(options.tenant !== undefined && { "ameide.tenant": options.tenant }),
        },
      }),
    );
  }

  // A sampler or a processor of spans that throws costs its span, and nothing else: each
  // thing said to OpenTelemetry is said for itself.
  private start(startSpan: () => Api.Span): Api.Span {
    return tell(startSpan) ?? this.api.trace.wrapSpanContext(this.api.INVALID_SPAN_CONTEXT);
  }

  inject(set: (name: string, value: string) => void, atMs: number): void {
    let span = this.span;
    if (this.options.attemptSpans) {
      const parent = this.api.trace.setSpan(this.api.context.active(), this.span);
      const name = `${this.call.method} attempt`;
      const startTime = this.startMs + atMs;
      const kind = this.api.SpanKind.CLIENT;
      span = this.start(() => this.tracer.startSpan(name, { kind, startTime }, parent));
      if (this.ended) {
        // Its start was heard of by someone who ended the call.
        tell(() => span.end(startTime));
        return;
      }
      this.attemptSpan = span;
    }
    const context = [span, this.span]
      .map((each) => each.spanContext())
      .find((each) => this.api.isSpanContextValid(each));
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
    this.span.setAttributes({ "network.peer.address": address, "network.peer.port": port });
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
        this.span.addEvent(`ameide.would_have.${event.what}`);
        break;
    }
  }

  private attemptFailed(event: CallEvent & { type: "attempt_failed" }): void {
    this.attemptsFailed++;
    tell(() =>
      this.span.addEvent("ameide.attempt.failed", {
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
    const attributes: Api.Attributes = {
      "rpc.system.name": this.system,
      "rpc.method": this.call.method,
      ...this.status(event.code),
    };
    this.ended = true;
    const { meters } = this;
    tell(() => this.conclude(this.span, event.code));
    tell(() => meters.callDuration.record(event.durationMs / 1_000, attributes));
    const retries = Math.max(0, event.attempts - 1 - this.transparent);
    if (retries > 0) {
      tell(() => meters.retries.record(retries, attributes));
      tell(() => meters.retryDelay.record(event.retryDelayMs / 1_000, attributes));
    }
    tell(() => meters.budgetTokens.record(event.budgetTokens));
    // Equal to the metric, to the bit: the end is the start plus the duration.
    tell(() => this.span.end(this.startMs + event.durationMs));
  }

  private endAttempt(
    { atMs, code }: { atMs: number; code: string | undefined },
    durationMs: number,
  ): void {
    tell(() =>
      this.meters.attemptDuration.record(durationMs / 1_000, {
        "rpc.system.name": this.system,
        "rpc.method": this.call.method,
        ...this.status(code),
      }),
    );
    const { attemptSpan } = this;
    this.attemptSpan = undefined;
    if (attemptSpan !== undefined) {
      tell(() => this.conclude(attemptSpan, code));
      tell(() => attemptSpan.end(this.startMs + atMs));
    }
  }

  // Semantic conventions for RPC: Connect says nothing of success, gRPC says OK.
  private status(code: string | undefined): Api.Attributes {
    if (this.system === "grpc") {
      return { "rpc.response.status_code": code === undefined ? "OK" : grpcName(code) };
    }
    return code === undefined ? {} : { "rpc.response.status_code": code };
  }

  private conclude(span: Api.Span, code: string | undefined): void {
    span.setAttributes(this.status(code));
    if (code !== undefined) {
      const name = this.system === "grpc" ? grpcName(code) : code;
      span.setAttribute("error.type", name);
      span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    }
  }

  private injectBaggage(set: (name: string, value: string) => void): void {
    const baggage =
      this.options.baggage.length === 0
        ? undefined
        : this.api.propagation.getBaggage(this.api.context.active());
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

// gRPC spells its codes in upper case, and this one with a second L.
function grpcName(code: string): string {
  return code === "canceled" ? "CANCELLED" : code.toUpperCase();
}
