import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { context, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { afterAll, beforeAll, expect, it } from "vitest";
import { t1 } from "./harness/scripted_threads.js";
import { memoryTelemetry } from "./harness/telemetry.js";
import { createAmeideTransport } from "../src/node.js";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

it("m02 span-parent-child-across-wire", async () => {
  const memory = memoryTelemetry();
  const tracer = memory.tracerProvider.getTracer("test");
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.rpc(ThreadsService.method.getThread, (_request, { requestHeader }) => {
        const [, traceId = "", spanId = ""] = requestHeader.get("traceparent")?.split("-") ?? [];
        const remote = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
        const parent = trace.setSpanContext(context.active(), remote);
        tracer.startSpan("served", {}, parent).end();
        return {};
      }),
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const transport = createAmeideTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    allowInsecureLoopback: true,
    tenant: "acme",
    telemetry: memory.telemetry,
  });
  const root = tracer.startSpan("root");
  await context.with(trace.setSpan(context.active(), root), () =>
    createClient(ThreadsService, transport).getThread(t1),
  );
  root.end();
  const spans = new Map(memory.spans().map((span) => [span.name, span]));
  const client = spans.get("ameide.threads.v1.ThreadsService/GetThread");
  const served = spans.get("served");
  expect(client?.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
  expect(served?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
  expect(served?.spanContext().traceId).toBe(root.spanContext().traceId);
  expect(client?.attributes).toMatchObject({
    "server.address": "127.0.0.1",
    "server.port": port,
    "network.peer.address": "127.0.0.1",
    "network.peer.port": port,
  });
  transport.close();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await memory.shutdown();
});
