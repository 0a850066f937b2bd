import { once } from "node:events";
import { connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { createClient, createConnectRouter, createRouterTransport } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import {
  CreateThreadRequestSchema,
  Role,
  ThreadsService,
} from "@ameideio/core-proto/ameide/threads/v1";
import { roster } from "@ameideio/core-proto/roster";
import { describe, expect, test } from "vitest";
import { createStore, routes, startReferenceServer } from "../src/index.js";
import { start } from "./harness/harness.js";

const usage = { teamId: "core", eventType: "completion" };
const hello = create(CreateThreadRequestSchema, {
  title: "hello",
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: "hi" } }] }],
});

describe("one port", () => {
  test.each([
    { httpVersion: "1.1", useBinaryFormat: true },
    { httpVersion: "1.1", useBinaryFormat: false },
    { httpVersion: "2", useBinaryFormat: true },
    { httpVersion: "2", useBinaryFormat: false },
  ] as const)("speaks Connect over $httpVersion, binary $useBinaryFormat", async (connection) => {
    const { client } = await start();
    const threads = client(ThreadsService, connection);
    const { thread } = await threads.createThread(hello);
    expect(await threads.getThread({ threadId: thread?.id ?? "" })).toMatchObject({ thread });
  });

  test.each(["1.1", "2"] as const)("answers a Connect GET over %s", async (httpVersion) => {
    const { client } = await start();
    const threads = client(ThreadsService, { httpVersion, useHttpGet: true });
    expect(await threads.listThreads({})).toMatchObject({ threads: [] });
  });

  test("compresses what is long enough for whoever accepts it, errors too", async () => {
    const { server } = await start();
    const ask = (method: string, message: object, accepted: string) =>
      fetch(`${server.url}/ameide.threads.v1.ThreadsService/${method}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "accept-encoding": accepted,
          "x-tenant-id": "acme",
        },
        body: JSON.stringify(message),
      }).then(({ status, headers }) => [status, headers.get("content-encoding")]);
    const long = { title: "a".repeat(100) };
    expect(await ask("ListThreads", {}, "gzip")).toEqual([200, null]);
    expect(await ask("CreateThread", long, "gzip")).toEqual([200, "gzip"]);
    expect(await ask("CreateThread", long, "identity")).toEqual([200, null]);
    expect(await ask("GetThread", { threadId: "none" }, "gzip")).toEqual([404, "gzip"]);
  });

  test("speaks gRPC and gRPC-Web", async () => {
    const { server } = await start();
    const headers = { "x-tenant-id": "acme" };
    const grpc = createGrpcTransport({ baseUrl: server.url });
    const grpcWeb = createGrpcWebTransport({ baseUrl: server.url, httpVersion: "1.1" });
    await createClient(MeterService, grpc).recordUsage(usage, { headers });
    await createClient(MeterService, grpcWeb).recordUsage(usage, { headers });
    expect(server.usageRecords()).toHaveLength(2);
  });

  test.each([
    // "PUT" begins as the preface of HTTP/2 does.
    ["HTTP/1.1", "P", "UT / HTTP/1.1\r\nhost: a\r\n\r\n", { at: 0, answer: "HTTP/1.1 404" }],
    // The preface and an empty SETTINGS frame, which are answered by a SETTINGS frame (type 4).
    [
      "HTTP/2",
      "PRI * HTTP/2.0\r\n\r\n",
      "SM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
      { at: 3, answer: "\x04" },
    ],
  ])("recognizes %s when its first bytes come in two parts", async (_, first, second, expected) => {
    const { server } = await start();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(first);
    // By the time this is answered, the server has read the first part.
    await fetch(server.url);
    socket.write(second);
    const [received] = (await once(socket, "data")) as [Buffer];
    const { at, answer } = expected;
    expect(received.toString("latin1").slice(at, at + answer.length)).toBe(answer);
    const closed = once(socket, "close");
    socket.end();
    await expect(closed).resolves.toEqual([false]);
  });

  test("lets go of a connection that ends before it says anything", async () => {
    const { server } = await start();
    const socket = connect(server.port, "127.0.0.1");
    const closed = once(socket, "close");
    socket.end();
    await expect(closed).resolves.toEqual([false]);
  });

  // That no method of a service is missing is held by the type of an implementation.
  test("serves every service of the roster", async () => {
    const router = createConnectRouter();
    routes(createStore())(router);
    const served = new Set(router.handlers.map(({ service }) => service.typeName));
    const services = await Promise.all(Object.values(roster).map((each) => each.load()));
    expect([...served].toSorted()).toEqual(
      services.map(({ service }) => service.typeName).toSorted(),
    );
  });

  test("runs the same routes without a network", async () => {
    const store = createStore();
    const meter = createClient(MeterService, createRouterTransport(routes(store)));
    await meter.recordUsage(usage, { headers: { "x-tenant-id": "acme" } });
    expect(store.usageRecords()).toMatchObject([{ tenant: "acme", usage }]);
    expect(store.calls()).toEqual({ "ameide.meter.v1.MeterService/RecordUsage": 1 });
  });
});

describe("close", () => {
  test("tells a keep-alive connection that its answer is the last", async () => {
    const { server } = await start({ delayMs: 50 });
    const call = fetch(`${server.url}/ameide.meter.v1.MeterService/RecordUsage`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-tenant-id": "acme" },
      body: JSON.stringify(usage),
    });
    await expect.poll(() => server.calls(), { interval: 1 }).not.toEqual({});
    const closed = server.close();
    const { status, headers } = await call;
    expect([status, headers.get("connection")]).toEqual([200, "close"]);
    await closed;
  });

  test.each(["1.1", "2"] as const)("finishes calls in flight over %s", async (httpVersion) => {
    const { server, client } = await start({ delayMs: 50 });
    const call = client(MeterService, { httpVersion }).recordUsage(usage);
    await expect.poll(() => server.calls(), { interval: 1 }).not.toEqual({});
    const closed = server.close();
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
    expect((await call).record?.id).toBe(server.usageRecords()[0]?.id);
    await closed;
  });

  test("closes connections that are idle or silent at once", async () => {
    const { server, client } = await start({ graceMs: 60_000 });
    const silent = connect(server.port, "127.0.0.1");
    const silentClosed = once(silent, "close");
    await once(silent, "connect");
    await client(MeterService, { httpVersion: "1.1" }).recordUsage(usage);
    await client(MeterService, { httpVersion: "2" }).recordUsage(usage);
    await server.close();
    await expect(silentClosed).resolves.toEqual([false]);
  });

  test("is bounded by graceMs", async () => {
    const { server, client } = await start({ delayMs: 60_000, graceMs: 10 });
    const calls = (["1.1", "2"] as const).map((httpVersion) =>
      client(MeterService, { httpVersion }).recordUsage(usage),
    );
    const settled = Promise.allSettled(calls);
    await expect
      .poll(() => server.calls(), { interval: 1 })
      .toEqual({ "ameide.meter.v1.MeterService/RecordUsage": 2 });
    await server.close();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(server.usageRecords()).toEqual([]);
  });
});

test("a port in use is one clear line", async () => {
  const { server } = await start();
  await expect(startReferenceServer({ port: server.port })).rejects.toThrow(
    `port ${server.port} on 127.0.0.1 is in use; pick another, or 0 for a free one`,
  );
});
