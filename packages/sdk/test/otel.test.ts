import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectError } from "./harness/scripted_client.js";
import { errorOf, scriptedThreads, t1, thread, unavailable } from "./harness/scripted_threads.js";
import { durationMs, memoryTelemetry } from "./harness/telemetry.js";
import type { AmeideOptions } from "../src/index.js";
import { openTelemetry } from "../src/otel.js";

const METHOD = "ameide.threads.v1.ThreadsService/GetThread";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

let memory: ReturnType<typeof memoryTelemetry>;
beforeEach(() => {
  memory = memoryTelemetry();
});
afterEach(async () => memory.shutdown());

function traced(answers: Parameters<typeof scriptedThreads>[0], options: AmeideOptions = {}) {
  const random = { backoff: () => 0.5 };
  return scriptedThreads(answers, { telemetry: memory.telemetry, ...options }, { random });
}

describe("spans", () => {
  it("m01 one-span-n-events", async () => {
    const made = traced([unavailable, unavailable, connectError("not_found", 404)]);
    await errorOf(made.threads.getThread(t1));
    const spans = memory.spans();
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ name: METHOD, kind: SpanKind.CLIENT, ended: true });
    expect(spans[0]?.status.code).toBe(SpanStatusCode.ERROR);
    const attempt = (n: number, code: string, retryClass: string, rest: object) => ({
      name: "ameide.attempt.failed",
      attributes: { "ameide.attempt": n, "ameide.code": code, "ameide.class": retryClass, ...rest },
    });
    expect(spans[0]?.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      attempt(1, "unavailable", "TRANSIENT", { "ameide.delay_ms": 25 }),
      attempt(2, "unavailable", "TRANSIENT", { "ameide.delay_ms": 50 }),
      attempt(3, "not_found", "NEVER", { "ameide.stop_reason": "not_retryable" }),
    ]);
  });

  it.each<[string, AmeideOptions, object]>([
    ["https", {}, { "server.address": "api.test", "server.port": 443 }],
    [
      "a port of its own",
      { baseUrl: "http://[::1]:8080", allowInsecureLoopback: true },
      { "server.address": "::1", "server.port": 8080 },
    ],
  ])("m05 status-attr-name-table: %s", async (_name, options, server) => {
    const made = traced([connectError("not_found", 404)], options);
    await errorOf(made.threads.getThread(t1));
    expect(memory.spans()[0]?.attributes).toEqual({
      "rpc.system.name": "connectrpc",
      "rpc.method": METHOD,
      "ameide.request_id": made.http.requests[0]?.headers.get("x-request-id"),
      "rpc.response.status_code": "not_found",
      "error.type": "not_found",
      ...server,
    });
  });

  it("m06 no-status-on-connect-ok", async () => {
    const made = traced([thread]);
    await made.threads.getThread(t1);
    const [span] = memory.spans();
    expect(Object.keys(span?.attributes ?? {}).toSorted()).toEqual([
      "ameide.request_id",
      "rpc.method",
      "rpc.system.name",
      "server.address",
      "server.port",
    ]);
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.events).toEqual([]);
  });

  it.each<[string, AmeideOptions, number]>([
    ["m03 traceparent-fresh-per-attempt-when-attempt-spans", { attemptSpans: true }, 2],
    ["control: without attempt spans it is the call's", {}, 1],
  ])("%s", async (_name, options, different) => {
    const made = traced([unavailable, thread], options);
    await made.threads.getThread(t1);
    const parents = made.http.requests.map(({ headers }) => headers.get("traceparent"));
    expect(new Set(parents).size).toBe(different);
    const spans = memory.spans();
    const call = spans.at(-1);
    const wire = different === 2 ? spans.slice(0, 2) : [call, call];
    expect(parents).toEqual(
      wire.map((span) => {
        const { traceId, spanId } = span?.spanContext() ?? {};
        return `00-${traceId}-${spanId}-01`;
      }),
    );
    for (const span of spans.slice(0, -1)) {
      expect(span.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    }
  });

  it.each<[string, AmeideOptions]>([
    ["m11 interceptor-throws-span-closed", {}],
    ["m11 interceptor-throws-span-closed: the attempt's too", { attemptSpans: true }],
  ])("%s", async (_name, options) => {
    const throwing = () => () => Promise.reject(new TypeError("oops"));
    const made = traced([thread], { interceptors: [throwing], ...options });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ origin: "client" });
    expect(memory.spans()).toHaveLength(options.attemptSpans === true ? 2 : 1);
    expect(memory.spans().at(-1)).toMatchObject({ name: METHOD, ended: true });
    expect(memory.spans().at(-1)?.attributes["error.type"]).toBe("unknown");
  });

  it("a call that sends nothing has its span, too", async () => {
    const provider = () => Promise.reject(new Error("no"));
    const made = traced([thread], { auth: { provider } });
    await errorOf(made.threads.getThread(t1));
    expect(memory.spans().map(({ attributes }) => attributes["error.type"])).toEqual([
      "unauthenticated",
    ]);
  });
});

describe("baggage", () => {
  const entries = { color: { value: "blue & green" }, secret: { value: "s" } };
  const inBaggage = <T>(run: () => T): T =>
    context.with(propagation.setBaggage(context.active(), propagation.createBaggage(entries)), run);

  it.each<[string, AmeideOptions, string | null]>([
    ["m04 no-baggage-default", {}, null],
    ["control: listed keys only", { baggage: ["color", "absent"] }, "color=blue%20%26%20green"],
  ])("%s", async (_name, options, expected) => {
    const made = traced([thread], options);
    await inBaggage(() => made.threads.getThread(t1));
    expect(made.http.requests[0]?.headers.get("baggage")).toBe(expected);
  });
});

describe("metrics", () => {
  it("m07 duration-equals-span", async () => {
    const made = traced([unavailable, thread]);
    await made.threads.getThread(t1);
    const point = (await memory.points()).find(({ name }) => name === "rpc.client.call.duration");
    expect(point?.unit).toBe("s");
    expect(point?.value).toMatchObject({ count: 1, sum: 0.025 });
    const [span] = memory.spans();
    // The span's times are epoch milliseconds in a double: good to a quarter of a microsecond.
    expect(durationMs(span as NonNullable<typeof span>)).toBeCloseTo(25, 3);
  });

  it.each([
    ["m08 retries-histogram-absent-at-0", [thread], undefined, undefined],
    ["control: one retry", [unavailable, thread], 1, 0.025],
    ["control: two retries", [unavailable, unavailable, thread], 2, 0.075],
  ])("%s", async (_name, answers, expected, delayed) => {
    const made = traced(answers as unknown as [typeof thread]);
    await made.threads.getThread(t1);
    const points = await memory.points();
    const retries = points.find(({ name }) => name === "ameide.client.call.retries");
    const delay = points.find(({ name }) => name === "ameide.client.call.retry_delay");
    expect((retries?.value as { sum?: number } | undefined)?.sum).toBe(expected);
    expect((delay?.value as { sum?: number } | undefined)?.sum).toBe(delayed);
  });

  it("m09 no-tenant-label", async () => {
    const made = traced([unavailable, connectError("not_found", 404)]);
    await errorOf(made.threads.getThread(t1));
    const points = await memory.points();
    expect([...new Set(points.map(({ name }) => name))].toSorted()).toEqual([
      "ameide.client.attempt.duration",
      "ameide.client.call.retries",
      "ameide.client.call.retry_delay",
      "ameide.client.retry_budget.tokens",
      "rpc.client.call.duration",
    ]);
    const allowed = new Set([
      "rpc.method",
      "rpc.system.name",
      "rpc.response.status_code",
      "server.address",
      "server.port",
    ]);
    for (const { attributes } of points) {
      expect(Object.keys(attributes).filter((name) => !allowed.has(name))).toEqual([]);
    }
    expect(JSON.stringify(points)).not.toContain("acme");
    expect(JSON.stringify(memory.spans()[0]?.attributes)).not.toContain("acme");
  });

  it("the tenant is an attribute of the span where that is asked for, and no label", async () => {
    const { tracerProvider, meterProvider } = memory;
    const telemetry = openTelemetry({ tracerProvider, meterProvider, tenantAttribute: true });
    const made = traced([thread], { telemetry });
    await made.threads.getThread(t1);
    expect(memory.spans()[0]?.attributes).toMatchObject({ "ameide.tenant": "acme" });
    expect(JSON.stringify(await memory.points())).not.toContain("acme");
  });

  it("attempts are measured one by one, and the budget as it stands", async () => {
    const made = traced([unavailable, thread]);
    await made.threads.getThread(t1);
    const points = await memory.points();
    const attempts = points.filter(({ name }) => name === "ameide.client.attempt.duration");
    expect(attempts.map(({ attributes }) => attributes["rpc.response.status_code"])).toEqual([
      "unavailable",
      undefined,
    ]);
    const budget = points.find(({ name }) => name === "ameide.client.retry_budget.tokens");
    expect(budget?.value).toBe(500);
  });
});

describe("the global API", () => {
  afterEach(() => trace.disable());

  it("is what is used where the options say nothing", async () => {
    const unset: object = { telemetry: undefined };
    const made = scriptedThreads([thread], unset);
    trace.setGlobalTracerProvider(memory.tracerProvider);
    await made.threads.getThread(t1);
    expect(memory.spans().map(({ name }) => name)).toEqual([METHOD]);
    expect(made.http.requests[0]?.headers.get("traceparent")).toMatch(/^00-/);
  });

  it("is looked for at each call", async () => {
    const made = scriptedThreads([thread, thread], { ...({ telemetry: undefined } as object) });
    await made.threads.getThread(t1);
    trace.setGlobalTracerProvider(memory.tracerProvider);
    await made.threads.getThread(t1);
    expect(memory.spans()).toHaveLength(1);
  });

  it("passes on who called, also where nobody traces", async () => {
    const made = scriptedThreads([thread], { ...({ telemetry: undefined } as object) });
    const caller = memory.tracerProvider.getTracer("caller").startSpan("caller");
    const { traceId, spanId } = caller.spanContext();
    await context.with(trace.setSpan(context.active(), caller), () => made.threads.getThread(t1));
    expect(made.http.requests[0]?.headers.get("traceparent")).toBe(`00-${traceId}-${spanId}-01`);
    expect(memory.spans()).toEqual([]);
  });

  it("control: not with telemetry: false", async () => {
    trace.setGlobalTracerProvider(memory.tracerProvider);
    const made = scriptedThreads([thread]);
    await made.threads.getThread(t1);
    expect(memory.spans()).toEqual([]);
    expect(made.http.requests[0]?.headers.has("traceparent")).toBe(false);
  });
});
