import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AsyncLocalStorage } from "node:async_hooks";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { type FaultServer, startFaultServer } from "@ameideio/fault-server";
import { errorOf, t1 } from "./harness/scripted_threads.js";
import { type AmeideOptions, call, type CallEvent } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { TimerQueue } from "../src/runtime/timer_queue.js";

// Timers that keep the process alive.
const running = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

function queue() {
  const fired: string[] = [];
  const timers = new TimerQueue(() => performance.now());
  const set = (name: string, ms: number, then = () => {}) =>
    timers.set(
      {
        expire: () => {
          fired.push(name);
          then();
        },
      },
      performance.now() + ms,
    );
  const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { timers, set, fired, wait };
}

describe("on faked time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("fires what is due, the earliest set first, and nothing before", async () => {
    const { set, fired, wait } = queue();
    set("b", 20);
    set("a", 10);
    set("c", 20);
    await wait(9);
    expect(fired).toEqual([]);
    await wait(1);
    expect(fired).toEqual(["a"]);
    await wait(10);
    expect(fired).toEqual(["a", "b", "c"]);
  });

  it("fires nothing that was cleared: first, last, in the middle, by another, or twice", async () => {
    const { timers, set, fired, wait } = queue();
    const made = ["a", "b", "c", "d", "e"].map((name) => set(name, 10));
    const later = set("f", 10);
    set("g", 5, () => timers.clear(later));
    for (const at of [0, 2, 4, 4]) {
      timers.clear(made[at]);
    }
    await wait(10);
    expect(fired).toEqual(["g", "b", "d"]);
    timers.clear(made[1]);
    set("h", 10);
    await wait(10);
    expect(fired).toEqual(["g", "b", "d", "h"]);
  });

  it("fires what is set while it fires", async () => {
    const { set, fired, wait } = queue();
    set("a", 10, () => void set("b", 10));
    await wait(20);
    expect(fired).toEqual(["a", "b"]);
  });

  it("waits longer than a timer can hold", async () => {
    const { set, fired, wait } = queue();
    set("a", 2 ** 31 + 1_000);
    await wait(2 ** 31);
    expect(fired).toEqual([]);
    await wait(1_000);
    expect(fired).toEqual(["a"]);
  });
});

it("begins anew when a test fakes time, and when it stops to", async () => {
  const { timers, set, fired, wait } = queue();
  timers.clear(set("real", 60_000));
  vi.useFakeTimers();
  set("faked", 10);
  await wait(10);
  expect(fired).toEqual(["faked"]);
  timers.clear(set("left behind", 10));
  vi.useRealTimers();
  await new Promise<void>((done) => void set("real again", 10, done));
  expect(fired).toEqual(["faked", "real again"]);
});

it("keeps the process alive only while somebody waits", () => {
  const { timers, set } = queue();
  // Those of who runs the test; nothing of theirs happens in one turn.
  const others = running();
  const alive = () => running() - others;
  const first = set("a", 60_000);
  const second = set("b", 60_000);
  expect(alive()).toBe(1);
  timers.clear(first);
  expect(alive()).toBe(1);
  timers.clear(second);
  expect(alive()).toBe(0);
  const third = set("c", 60_000);
  expect(alive()).toBe(1);
  timers.clear(third);
});

describe("limits of calls in real time", () => {
  let server: FaultServer;
  beforeEach(async () => {
    server = await startFaultServer();
    await server.reset({ attempts: [], otherwise: { stall: "after_head" } });
  });
  afterEach(async () => server.close());

  function connected(options: AmeideOptions) {
    const transport = createAmeideTransport({
      baseUrl: server.url,
      allowInsecureLoopback: true,
      tenant: "acme",
      telemetry: false,
      ...options,
    });
    return { transport, threads: createClient(ThreadsService, transport) };
  }

  type Threads = ReturnType<typeof connected>["threads"];
  it.each<[string, AmeideOptions, string, (threads: Threads, id: string) => Promise<unknown>]>([
    [
      "unary calls",
      { timeoutMs: 200, attemptTimeoutMs: 50 },
      "deadline",
      (threads, requestId) => threads.getThread(t1, call({ requestId })),
    ],
    [
      "streams",
      { firstMessageTimeoutMs: 50 },
      "attempts",
      (threads, requestId) =>
        threads.watchThread(t1, call({ requestId }))[Symbol.asyncIterator]().next(),
    ],
  ])("of %s are told in the async context of the call, and so is what follows", async (...row) => {
    const [, options, stopReason, start] = row;
    const storage = new AsyncLocalStorage<string>();
    const seen = new Set<string>();
    const { transport, threads } = connected({
      ...options,
      retry: { maxAttempts: 2, baseDelayMs: 1 },
      observer: (event: CallEvent) =>
        void seen.add(`${storage.getStore()} ${event.requestId.slice(0, 1)} ${event.type}`),
    });
    const errors = ["a", "b"].map((name) =>
      storage.run(name, () => errorOf(start(threads, `${name}-1`))),
    );
    expect(await Promise.all(errors)).toMatchObject([{ stopReason }, { stopReason }]);
    const types = ["attempt_started", "attempt_failed", "waiting", "done"];
    expect([...seen].sort()).toEqual(
      ["a", "b"].flatMap((name) => types.map((type) => `${name} ${name} ${type}`)).sort(),
    );
    transport.close();
  });

  it("of calls one after the other end each at its own time", async () => {
    const { transport, threads } = connected({ retry: false });
    const order: string[] = [];
    // So far apart that a busy machine does not find two of them due at once.
    const runs = [1_500, 50, 700].map(async (timeoutMs) => {
      await errorOf(threads.getThread(t1, call({ timeoutMs })));
      order.push(`${timeoutMs}`);
    });
    await Promise.all(runs);
    expect(order).toEqual(["50", "700", "1500"]);
    transport.close();
  });
});
