import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { type FaultServer, startFaultServer } from "@ameideio/fault-server";
import { connectError, nodeError } from "./harness/scripted_client.js";
import {
  errorOf,
  type ScriptedSetup,
  scriptedThreads,
  settled,
  t1,
  thread,
  threadPage,
  unauthenticated,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call, paginate } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createVirtualClock, withTestRuntime } from "../src/testing.js";

// A signal that counts its listeners.
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const counted = { controller, signal, listeners: 0, added: 0 };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const known = new Set<unknown>();
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    known.add(args[1]);
    counted.added++;
    counted.listeners = known.size;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    known.delete(args[1]);
    counted.listeners = known.size;
    remove(...args);
  };
  return counted;
}

const HANG = { hang: true } as const;
const WAIT = connectError("unavailable", 503, { "grpc-retry-pushback-ms": "500" });
const tokens: AmeideOptions = { auth: { provider: () => Promise.resolve({ token: "t" }) } };
type Answers = Parameters<typeof scriptedThreads>[0];
type Made = ReturnType<typeof scriptedThreads>;
type Act = (made: Made, controller: AbortController) => unknown;

describe("listeners and timers gone when a call settles", () => {
  const abort: Act = (_made, controller) => controller.abort();
  const wait =
    (ms: number): Act =>
    ({ clock }) =>
      clock.advance(ms);
  it.each<[string, Answers, (Act | undefined)?, AmeideOptions?, ScriptedSetup?]>([
    ["success", [thread]],
    ["success with a token", [thread], undefined, tokens],
    ["a fatal error", [connectError("not_found", 404)]],
    ["retries", [unavailable, unavailable, thread]],
    ["retries used up", [unavailable]],
    ["a transparent retry", [{ error: nodeError("ECONNREFUSED"), askBody: false }, thread]],
    ["a replay", [unauthenticated, thread], undefined, tokens],
    ["the deadline in an attempt", [HANG], wait(30_000)],
    ["the attempt timeout", [HANG, thread], wait(10_000)],
    ["cancel in an attempt", [HANG], abort],
    ["cancel in a sleep", [WAIT], abort, {}, { clock: { skipSleeps: false } }],
    [
      "cancel waiting for a token",
      [thread],
      abort,
      { auth: { provider: () => new Promise(() => {}) } },
    ],
    [
      "a provider that fails",
      [thread],
      undefined,
      { auth: { provider: () => Promise.reject(new Error("no")) } },
    ],
    [
      "an interceptor that throws",
      [thread],
      undefined,
      { interceptors: [() => () => Promise.reject(new Error("no"))] },
    ],
    [
      "an interceptor that hangs",
      [thread],
      wait(30_000),
      { interceptors: [() => () => new Promise(() => {})] },
    ],
    [
      "another tenant's answer",
      [{ ...thread, headers: { "content-type": "application/proto", "x-tenant-id": "b" } }],
    ],
    ["a body that is cut", [{ ...thread, cut: nodeError("ECONNRESET") }]],
    ["observing", [unavailable], undefined, { mode: "observe" }],
  ])("%s", async (_name, answers, act = settled, options = {}, setup = {}) => {
    const made = scriptedThreads(answers, options, setup);
    const counted = countedSignal();
    const ended = made.threads.getThread(t1, { signal: counted.signal }).catch(() => {});
    await settled();
    expect(counted.added).toBe(1);
    await act(made, counted.controller);
    await ended;
    expect(counted.listeners).toBe(0);
    expect([made.clock.pending, made.http.hanging]).toEqual([0, 0]);
  });

  it("control: while it runs there are one timer and one listener", async () => {
    const made = scriptedThreads([HANG]);
    const counted = countedSignal();
    const failed = errorOf(made.threads.getThread(t1, { signal: counted.signal }));
    await made.http.until(1);
    expect([made.clock.pending, counted.listeners, made.http.hanging]).toEqual([1, 1, 1]);
    counted.controller.abort();
    await failed;
  });

  it("what is refused sets nothing", async () => {
    const made = scriptedThreads([thread]);
    const counted = countedSignal();
    const options = call({ timeoutMs: 0 }, { signal: counted.signal });
    await errorOf(made.threads.getThread(t1, options));
    expect([counted.added, made.clock.timers.length]).toEqual([0, 0]);
  });

  it("a success without a token costs one timer", async () => {
    const made = scriptedThreads([thread]);
    await made.threads.getThread(t1);
    expect(made.clock.timers).toEqual([{ kind: "deadline", ms: 10_000 }]);
  });

  it.each<[string, number | undefined]>([
    ["to the end", undefined],
    ["left early", 1],
  ])("paging %s", async (_name, maxItems) => {
    const made = scriptedThreads([threadPage(["a", "b"], "p2"), threadPage(["c"], "")]);
    const counted = countedSignal();
    const bound = maxItems === undefined ? {} : { maxItems };
    const pages = paginate(
      made.threads.listThreads,
      {},
      { ...bound, call: { signal: counted.signal } },
    );
    let held = 0;
    for await (const { id } of pages) {
      held = id === "" ? 0 : Math.max(held, counted.listeners);
    }
    expect(held).toBe(1);
    expect([counted.listeners, made.clock.pending]).toEqual([0, 0]);
  });
});

describe("sockets gone after close()", () => {
  let server: FaultServer;
  beforeEach(async () => {
    server = await startFaultServer();
  });
  afterEach(async () => server.close());

  const json = { status: 200, headers: [["content-type", "application/json"]] } as const;
  const GOOD = { respond: { ...json, body: { json: {} } } };
  const BUSY = { respond: { status: 503, headers: [["grpc-retry-pushback-ms", "500"]] } } as const;

  function connect(options: AmeideOptions) {
    const clock = createVirtualClock({ skipSleeps: false });
    const own: AmeideOptions = {
      baseUrl: server.url,
      allowInsecureLoopback: true,
      format: "json",
      tenant: "acme",
      telemetry: false,
    };
    const transport = createAmeideTransport(withTestRuntime({ ...own, ...options }, { clock }));
    return { clock, transport, threads: createClient(ThreadsService, transport) };
  }

  it.each(["1.1", "2"] as const)("idle ones, over HTTP/%s", async (httpVersion) => {
    await server.reset({ otherwise: GOOD });
    const { transport, threads } = connect({ httpVersion });
    await Promise.all([threads.getThread(t1), threads.getThread(t1)]);
    await createClient(ThreadsService, transport.withTenant("other")).getThread(t1);
    expect(server.openSockets()).toBe(httpVersion === "2" ? 1 : 2);
    expect(server.connections).toBe(server.openSockets());
    transport.close();
    await server.until(() => server.openSockets() === 0);
  });

  it.each(["1.1", "2"] as const)("with calls in flight, over HTTP/%s", async (httpVersion) => {
    await server.reset({ otherwise: { stall: "after_read" } });
    const { clock, transport, threads } = connect({ httpVersion, retry: false });
    const failed = errorOf(threads.getThread(t1));
    await server.until(() => server.requests[0]?.read === "body");
    transport.close();
    expect(await failed).toMatchObject({
      origin: "client",
      reason: "CLIENT_CLOSED",
      rawMessage: expect.stringContaining("closed: attempt 1 had waited") as string,
    });
    await server.until(() => server.openSockets() === 0);
    expect(clock.pending).toBe(0);
  });

  it.each(["1.1", "2"] as const)(
    "a call that sleeps meanwhile, over HTTP/%s",
    async (httpVersion) => {
      await server.reset({ attempts: [BUSY], otherwise: GOOD });
      const { clock, transport, threads } = connect({ httpVersion });
      const failed = errorOf(threads.getThread(t1));
      await server.until(() => server.requests[0]?.finishedAtMs !== undefined);
      while (clock.sleeps.length === 0) {
        await settled();
      }
      transport.close();
      await clock.advance(500);
      expect(await failed).toMatchObject({ origin: "client", reason: "CLIENT_CLOSED" });
      await server.until(() => server.openSockets() === 0);
      expect([server.requests.length, server.connections, clock.pending]).toEqual([1, 1, 0]);
    },
  );

  it("later calls are refused, including those of derived clients", async () => {
    await server.reset({ otherwise: GOOD });
    const { transport, threads } = connect({});
    const derived = createClient(ThreadsService, transport.withTenant("other"));
    await derived.getThread(t1);
    transport.close();
    transport.close();
    for (const client of [threads, derived]) {
      const error = await errorOf(client.getThread(t1));
      expect(error).toMatchObject({ origin: "client", reason: "CLIENT_CLOSED" });
    }
    expect(server.requests).toHaveLength(1);
  });
});
