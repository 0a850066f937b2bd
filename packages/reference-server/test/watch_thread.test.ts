import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, test } from "vitest";
import { createStore, routes } from "../src/index.js";
import { events, failure, start, WIRES, type Connection } from "./harness/harness.js";

const WATCH = "ameide.threads.v1.ThreadsService/WatchThread";

const say = (value: string) => ({
  role: Role.USER,
  parts: [{ content: { case: "text" as const, value } }],
});

/** A server with one thread, whose messages say `texts`. */
async function startThread(texts: readonly string[], wire: Connection = {}) {
  const { server, client } = await start();
  const threads = client(ThreadsService, wire);
  const { thread } = await threads.createThread({ messages: texts.map(say) });
  const threadId = thread?.id ?? "";
  const append = (...added: string[]) =>
    threads.appendMessages({ threadId, messages: added.map(say) });
  return { server, client, threads, threadId, append };
}

/** What an event says, in short. */
const brief = (event: { event: { case: string | undefined; value?: unknown } } | undefined) => {
  const { value } = event?.event ?? {};
  const message = value as { sequence?: bigint; parts?: { content: { value?: unknown } }[] };
  return message?.sequence === undefined
    ? event?.event.case
    : `${message.sequence} ${String(message.parts?.[0]?.content.value)}`;
};

describe.each(WIRES)("$protocol over HTTP/$httpVersion", (wire) => {
  test("a watcher gets what is there, what is appended, and the deletion", async () => {
    const { server, threads, threadId, append } = await startThread(["a"], wire);
    const seen: (string | undefined)[] = [];
    const headers = new Map<string, string>();
    const onHeader = (received: Headers) =>
      received.forEach((value, name) => headers.set(name, value));
    for await (const event of threads.watchThread({ threadId }, { onHeader })) {
      seen.push(brief(event));
      if (seen.length === 1) {
        await append("b", "c");
      }
      if (seen.length === 3) {
        await append("d");
      }
      if (seen.length === 4) {
        await threads.deleteThread({ threadId });
      }
    }
    expect(seen).toEqual(["1 a", "2 b", "3 c", "4 d", "threadDeleted"]);
    expect(headers.get("x-tenant-id")).toBe("acme");
    expect(headers.get("x-request-id")).toMatch(/./);
    expect(server.openStreams()).toEqual({});
  });

  test.each([
    ["before", [], 0],
    ["after", ["a"], 1],
  ])("a watcher that leaves %s an event is gone", async (_, texts, eventsBefore) => {
    const { server, threads, threadId, append } = await startThread(texts, wire);
    const leaving = new AbortController();
    const watching = events(threads.watchThread({ threadId }, { signal: leaving.signal }));
    for (let i = 0; i < eventsBefore; i++) {
      await watching.next();
    }
    const next = failure(watching.next());
    await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({ [WATCH]: 1 });
    leaving.abort();
    expect(await next).toMatchObject({ code: Code.Canceled });
    await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({});
    await append("b");
  });

  test("a watcher that leaves while more waits to be sent than it reads is gone", async () => {
    const { server, threads, threadId, append } = await startThread([], wire);
    await append(...Array.from({ length: 100 }, () => "x".repeat(100_000)));
    const leaving = new AbortController();
    const watching = events(threads.watchThread({ threadId }, { signal: leaving.signal }));
    await watching.next();
    expect(server.openStreams()).toEqual({ [WATCH]: 1 });
    leaving.abort();
    await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({});
  });

  test("a refusal has its details", async () => {
    const { server, threads } = await startThread([], wire);
    const watch = (threadId: string, afterSequence = 0n) =>
      failure(events(threads.watchThread({ threadId, afterSequence })).next());
    expect(await watch("gone")).toMatchObject({
      code: Code.NotFound,
      reason: "THREAD_NOT_FOUND",
      domain: "ameide.threads.v1.ThreadsService",
      metadata: { thread_id: "gone" },
      requestId: expect.stringMatching(/./),
    });
    expect(await watch("", -1n)).toMatchObject({
      code: Code.InvalidArgument,
      fields: ["thread_id", "after_sequence"],
    });
    expect(server.openStreams()).toEqual({});
  });

  test("closing the server ends a watch at once", async () => {
    const { server, threads, threadId } = await startThread(["a"], wire);
    const watching = events(threads.watchThread({ threadId }));
    await watching.next();
    const ended = failure(watching.next());
    await server.close();
    expect(await ended).toMatchObject({ code: Code.Unavailable, reason: "SHUTTING_DOWN" });
  });
});

test("a watcher that lost its stream goes on after the last sequence it saw", async () => {
  const { threads, threadId, append } = await startThread(["a", "b", "c"]);
  const watching = events(threads.watchThread({ threadId, afterSequence: 2n }));
  expect(brief(await watching.next())).toBe("3 c");
  await append("d");
  expect(brief(await watching.next())).toBe("4 d");
});

test("every watcher of a thread gets every event, at its own pace", async () => {
  const { server, client, threads, threadId, append } = await startThread([]);
  const wires = WIRES.map((wire) => client(ThreadsService, wire));
  const watching = wires.map((each) => events(each.watchThread({ threadId })));
  const first = watching.map((each) => each.next());
  await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({ [WATCH]: WIRES.length });
  await append("a", "b");
  expect((await Promise.all(first)).map(brief)).toEqual(WIRES.map(() => "1 a"));
  await append("c");
  await threads.deleteThread({ threadId });
  for (const each of watching) {
    const rest: (string | undefined)[] = [];
    for await (const event of each) {
      rest.push(brief(event));
    }
    expect(rest).toEqual(["2 b", "3 c", "threadDeleted"]);
  }
});

test("a thread of another tenant cannot be watched, nor what happens in it be seen", async () => {
  const { client, threads, threadId, append } = await startThread(["ours"]);
  const theirs = client(ThreadsService, { tenant: "other" });
  expect(await failure(events(theirs.watchThread({ threadId })).next())).toMatchObject({
    reason: "THREAD_NOT_FOUND",
  });
  const watching = events(threads.watchThread({ threadId, afterSequence: 1n }));
  const next = watching.next();
  await theirs.deleteThread({ threadId });
  await append("still ours");
  expect(brief(await next)).toBe("2 still ours");
});

test.each(WIRES)("a deadline ends a watch, over $protocol and HTTP/$httpVersion", async (wire) => {
  const { server, threads, threadId } = await startThread(["a"], wire);
  const watching = events(threads.watchThread({ threadId }, { timeoutMs: 50 }));
  expect(brief(await watching.next())).toBe("1 a");
  expect(await failure(watching.next())).toMatchObject({ code: Code.DeadlineExceeded });
  await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({});
});

test("a watch needs its token and scope as a unary call does", async () => {
  const token = (...scopes: string[]) => ({
    token: scopes.join("+") || "none",
    claims: { scopes },
  });
  const { server, client } = await start({
    auth: "required",
    tokens: [token("threads.read"), token("threads.write")],
  });
  const watch = (connection: Connection) =>
    failure(events(client(ThreadsService, connection).watchThread({ threadId: "gone" })).next());
  expect(await watch({})).toMatchObject({ code: Code.Unauthenticated, reason: "TOKEN_MISSING" });
  expect(await watch({ token: "bad" })).toMatchObject({ reason: "TOKEN_INVALID" });
  expect(await watch({ token: "threads.write" })).toMatchObject({ reason: "SCOPE_MISSING" });
  expect(await watch({ token: "threads.read" })).toMatchObject({ reason: "THREAD_NOT_FOUND" });
  expect(await watch({ token: "threads.read", tenant: null })).toMatchObject({
    reason: "TENANT_REQUIRED",
  });
  expect(server.openStreams()).toEqual({});
});

test("a stream runs without a network, too", async () => {
  const store = createStore();
  const threads = createClient(ThreadsService, createRouterTransport(routes(store)));
  const headers = { "x-tenant-id": "acme" };
  const { thread } = await threads.createThread({ messages: [say("a")] }, { headers });
  const watching = events(threads.watchThread({ threadId: thread?.id ?? "" }, { headers }));
  expect(brief(await watching.next())).toBe("1 a");
  await threads.deleteThread({ threadId: thread?.id ?? "" }, { headers });
  expect(brief(await watching.next())).toBe("threadDeleted");
});
