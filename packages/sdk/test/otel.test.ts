import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorOf, scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import { memoryTelemetry } from "./harness/telemetry.js";
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

it("a call that sends nothing has its span, too", async () => {
  const provider = () => Promise.reject(new Error("no"));
  const made = scriptedThreads([thread], { telemetry: memory.telemetry, auth: { provider } });
  await errorOf(made.threads.getThread(t1));
  expect(memory.spans().map(({ attributes }) => attributes["error.type"])).toEqual([
    "unauthenticated",
  ]);
});

it("the tenant is an attribute of the span where that is asked for, and no label", async () => {
  const { tracerProvider, meterProvider } = memory;
  const telemetry = openTelemetry({ tracerProvider, meterProvider, tenantAttribute: true });
  const made = scriptedThreads([thread], { telemetry });
  await made.threads.getThread(t1);
  expect(memory.spans()[0]?.attributes).toMatchObject({ "ameide.tenant": "acme" });
  expect(JSON.stringify(await memory.points())).not.toContain("acme");
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
