import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { GetThreadResponseSchema, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it } from "vitest";
import { errorOf, scriptedThreads, settled, t1 } from "./harness/scripted_threads.js";
import { Streams } from "./harness/stream_service.js";
import type { AmeideTransport, DrainOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createRosterClient } from "../src/roster.js";
import { memoryOptions } from "../src/testing.js";
import { createAmeideTransport as createWebTransport } from "../src/web.js";

const TENANT = { tenant: "acme" };
const HANG = { hang: true } as const;
const CLOSED = { code: 9, origin: "client", reason: "CLIENT_CLOSED" };

// Handlers that answer when they are told to.
function held() {
  const gates: (() => void)[] = [];
  const { options, clock } = memoryOptions((router) => {
    router.service(ThreadsService, {
      getThread: async () => {
        await new Promise<void>((go) => gates.push(go));
        return create(GetThreadResponseSchema);
      },
    });
    router.service(Streams, {
      async *count() {
        yield { text: "1" };
        await new Promise<void>((go) => gates.push(go));
        yield { text: "2" };
      },
    });
  }, TENANT);
  const until = async (count: number) => {
    while (gates.length < count) {
      await settled();
    }
  };
  return { options, clock, gates, until };
}

describe("drain()", () => {
  it("takes no more calls, and resolves when those there are have ended and told", async () => {
    const { options, gates, until, clock } = held();
    const transport = createAmeideTransport(options);
    const derived = transport.withTenant("other");
    const told: string[] = [];
    const threads = createClient(ThreadsService, derived);
    const calls = [1, 2].map((i) =>
      threads
        .getThread(t1)
        .then((answer) => answer.thread)
        .finally(() => told.push(`call ${i}`)),
    );
    await until(2);
    const drained = transport.drain().then((result) => {
      told.push("drained");
      return result;
    });
    for (const each of [transport, derived, transport.with({})]) {
      const refused = errorOf(createClient(ThreadsService, each).getThread(t1));
      expect(await refused).toMatchObject({
        ...CLOSED,
        rawMessage: "the client is being closed: it takes no more calls",
      });
    }
    expect(told).toEqual([]);
    gates[0]?.();
    await calls[0];
    await settled();
    expect(told).toEqual(["call 1"]);
    gates[1]?.();
    expect(await drained).toEqual({ aborted: 0 });
    expect(told).toEqual(["call 1", "call 2", "drained"]);
    expect(await errorOf(threads.getThread(t1))).toMatchObject({
      rawMessage: "the client is closed",
    });
    expect(clock.pending).toBe(0);
  });

  it("ends what is left at timeoutMs, and says how many", async () => {
    const made = scriptedThreads([HANG, HANG], { retry: false });
    const errors = [made.threads.getThread(t1), made.threads.getThread(t1)].map(errorOf);
    await settled();
    const drained = made.transport.drain({ timeoutMs: 500 });
    await made.clock.advance(499);
    expect(made.clock.pending).toBeGreaterThan(0);
    await made.clock.advance(1);
    expect(await drained).toEqual({ aborted: 2 });
    for (const error of await Promise.all(errors)) {
      expect(error).toMatchObject({
        ...CLOSED,
        rawMessage:
          "the client was closed, 500 ms after drain(): attempt 1 had waited 500 ms for response headers",
      });
    }
    expect(made.clock.pending).toBe(0);
  });

  it("of two, the shorter time holds; of close() and drain(), close()", async () => {
    const made = scriptedThreads([HANG], { retry: false });
    const failed = errorOf(made.threads.getThread(t1));
    await settled();
    const both = [
      made.transport.drain({ timeoutMs: 900 }),
      made.transport.drain({ timeoutMs: 300 }),
    ];
    await made.clock.advance(300);
    expect(await Promise.all(both)).toEqual([{ aborted: 1 }, { aborted: 1 }]);
    await failed;
    const other = scriptedThreads([HANG], { retry: false });
    const cut = errorOf(other.threads.getThread(t1));
    await settled();
    const drained = other.transport.drain();
    other.transport.close();
    expect(await drained).toEqual({ aborted: 1 });
    expect(await cut).toMatchObject(CLOSED);
    expect(await other.transport.drain()).toEqual({ aborted: 0 });
    expect(other.clock.pending).toBe(0);
  });

  it("resolves at once where nothing is under way, and over fetch", async () => {
    const { options } = held();
    const overFetch = { ...TENANT, baseUrl: "https://api.test" };
    for (const transport of [createAmeideTransport(options), createWebTransport(overFetch)]) {
      expect(await transport.drain()).toEqual({ aborted: 0 });
      expect(await errorOf(createClient(ThreadsService, transport).getThread(t1))).toMatchObject(
        CLOSED,
      );
    }
  });

  it("over fetch ends what is under way", async () => {
    const transport = createWebTransport({
      ...TENANT,
      baseUrl: "https://api.test",
      retry: false,
      fetch: (_url, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    });
    const failed = errorOf(createClient(ThreadsService, transport).getThread(t1));
    await settled();
    expect(await transport.drain({ timeoutMs: 20 })).toEqual({ aborted: 1 });
    expect(await failed).toMatchObject(CLOSED);
  });

  it.each<[unknown, string]>([
    [{ timeoutMs: 0 }, "drain.timeoutMs: must be a finite number of milliseconds greater than 0"],
    [{ timeoutMs: Infinity }, "drain.timeoutMs"],
    [{ timeoutMs: "1" }, "drain.timeoutMs"],
    [{ timeout: 1 }, "drain.timeout: did you mean timeoutMs? It is not an option"],
    [5, "drain: must be an object, got a number"],
  ])("refuses %s, and goes on", async (options, message) => {
    const { options: given, gates, until } = held();
    const transport: AmeideTransport = createAmeideTransport(given);
    const refused = errorOf(transport.drain(options as DrainOptions));
    expect(await refused).toMatchObject({ reason: "CONFIG_INVALID" });
    expect((await refused).message).toContain(message);
    const call = createClient(ThreadsService, transport).getThread(t1);
    await until(1);
    gates[0]?.();
    await call;
  });
});

describe("a call that waits for its stub", () => {
  function lazily() {
    const made = held();
    let arrive = () => {};
    const service = {
      methods: { getThread: "unary", watchThread: "server_streaming" } as never,
      load: () =>
        new Promise<{ service: typeof ThreadsService }>((resolve) => {
          arrive = () => resolve({ service: ThreadsService });
        }),
    };
    const client = createRosterClient({ threads: service }, made.options);
    return { ...made, client, arrive: () => arrive() };
  }

  it("is waited for by drain(), and begins when it is there", async () => {
    const { client, arrive, gates, until } = lazily();
    const call = client.threads.getThread(t1);
    const drained = client.drain();
    expect(await errorOf(client.threads.getThread(t1))).toMatchObject(CLOSED);
    arrive();
    await until(1);
    gates[0]?.();
    await call;
    expect(await drained).toEqual({ aborted: 0 });
  });

  it("is ended by close(), and by drain() at timeoutMs", async () => {
    const { client } = lazily();
    const streamed = async () => {
      for await (const _ of client.threads.watchThread({})) {
        expect.unreachable();
      }
    };
    const failed = [errorOf(client.threads.getThread(t1)), errorOf(streamed())];
    client.close();
    for (const error of await Promise.all(failed)) {
      expect(error).toMatchObject(CLOSED);
      expect(error.message).toMatch(/had waited \d+ ms for its service to be loaded/);
    }
    const other = lazily();
    const late = errorOf(other.client.threads.getThread(t1));
    const drained = other.client.drain({ timeoutMs: 100 });
    await other.clock.advance(100);
    expect(await drained).toEqual({ aborted: 1 });
    expect(await late).toMatchObject(CLOSED);
  });
});

describe("close()", () => {
  it("ends streams, one that nobody reads included", async () => {
    const { options, until } = held();
    const transport = createAmeideTransport(options);
    const streams = createClient(Streams, transport);
    const iterator = streams.count({})[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { text: "1" } });
    const waiting = errorOf(iterator.next());
    await until(1);
    const unread = streams.count({})[Symbol.asyncIterator]();
    await settled();
    transport.close();
    expect(await waiting).toMatchObject(CLOSED);
    expect(await unread.next()).toMatchObject({ value: { text: "1" } });
    expect(await errorOf(unread.next())).toMatchObject(CLOSED);
  });
});
