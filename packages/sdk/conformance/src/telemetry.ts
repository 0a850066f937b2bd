import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  DataPointType,
  type MetricData,
  MeterProvider,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { openTelemetry } from "@ameideio/ameide-sdk-ts/otel";
import type { MetricSchema, SpanSchema } from "@ameideio/conformance-proto";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/**
 * Records spans and metrics of a case in memory.
 *
 * @param told - Called for each span that starts or ends.
 */
export function recordTelemetry(told: () => unknown) {
  const spans = new SpansInOrder(told);
  const reader = new Reader();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [spans] });
  const telemetry = openTelemetry({
    tracerProvider,
    meterProvider: new MeterProvider({ readers: [reader] }),
  });
  return {
    telemetry,
    spans: () => spans.ended(),
    metrics: () => reader.metrics(),
    /** Runs a function in a span named `ambient`. */
    async inSpan(run: () => Promise<void>): Promise<void> {
      const span = tracerProvider.getTracer("conformance").startSpan("ambient");
      await context.with(trace.setSpan(context.active(), span), run);
      span.end();
    },
  };
}

/** Runs a function with this baggage active. */
export function withBaggage<T>(entries: Readonly<Record<string, string>>, run: () => T): T {
  const members = Object.entries(entries).map(([key, value]) => [key, { value }] as const);
  const baggage = propagation.createBaggage(Object.fromEntries(members));
  return context.with(propagation.setBaggage(context.active(), baggage), run);
}

// Keeps spans in the order of their start, which an exporter does not see.
class SpansInOrder implements SpanProcessor {
  private readonly started: ReadableSpan[] = [];

  constructor(private readonly told: () => unknown) {}

  onStart(span: ReadableSpan): void {
    this.started.push(span);
    this.told();
  }
  onEnd(): void {
    this.told();
  }
  forceFlush = async () => {};
  shutdown = async () => {};

  ended(): MessageInitShape<typeof SpanSchema>[] {
    const spans = this.started.filter((span) => span.ended);
    const ids = spans.map((span) => span.spanContext().spanId);
    return spans.map((span) => ({
      name: span.name,
      attributes: texts(span.attributes),
      events: span.events.map((event) => ({
        name: event.name,
        attributes: texts(event.attributes ?? {}),
      })),
      parent: ids.indexOf(span.parentSpanContext?.spanId ?? "") + 1,
      error: isError(span.status.code),
      durationMs: span.duration[0] * 1_000 + span.duration[1] / 1e6,
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
    }));
  }
}

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  async metrics(): Promise<Record<string, MessageInitShape<typeof MetricSchema>>> {
    const { resourceMetrics } = await this.collect();
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(all.map((metric) => [metric.descriptor.name, seenMetric(metric)]));
  }
}

function seenMetric(metric: MetricData): MessageInitShape<typeof MetricSchema> {
  const keys = metric.dataPoints.flatMap((point) => Object.keys(point.attributes));
  const seen = {
    unit: metric.descriptor.unit,
    description: metric.descriptor.description,
    attributes: [...new Set(keys)].sort(),
  };
  if (metric.dataPointType !== DataPointType.HISTOGRAM) {
    const values = metric.dataPoints.map(({ value }) => value as number);
    return { ...seen, count: values.length, sum: total(values) };
  }
  const values = metric.dataPoints.map(({ value }) => value);
  return {
    ...seen,
    count: total(values.map(({ count }) => count)),
    sum: total(values.map(({ sum }) => sum ?? 0)),
    bounds: values[0]?.buckets.boundaries ?? [],
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function texts(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

// The packages' enums are the same numbers under two types.
function isError(code: number): boolean {
  const { ERROR }: Record<string, number | string> = SpanStatusCode;
  return code === ERROR;
}
