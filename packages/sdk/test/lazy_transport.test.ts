import { afterEach, describe, expect, it, vi } from "vitest";
import { Code, type ConnectRouter, createClient } from "@connectrpc/connect";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { errorOf, t1 } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";
import { createGrpcWeb } from "../src/wire/grpc_web.js";
import { lazyTransport } from "../src/wire/lazy_transport.js";
import { memoryOptions } from "../src/testing.js";

const grpcWeb = { tenant: "acme", protocol: "grpc-web" } satisfies AmeideOptions;
let served = 0;

function routes(router: ConnectRouter): void {
  router.rpc(ThreadsService.method.getThread, ({ threadId }) => {
    served++;
    return { thread: { id: threadId } };
  });
  router.rpc(InferenceService.method.generate, async function* generate() {
    yield { event: { case: "tokenDelta", value: { text: "hello" } } };
  });
}

// The file that is loaded, as the network gives it or does not.
async function clients(load: () => Promise<{ createGrpcWeb: typeof createGrpcWeb }>) {
  vi.resetModules();
  vi.doMock("../src/wire/grpc_web.js", load);
  const { createAmeideTransport } = await import("../src/web.js");
  served = 0;
  const { options, clock } = memoryOptions(routes, grpcWeb);
  const transport = createAmeideTransport(options);
  return {
    transport,
    threads: createClient(ThreadsService, transport),
    inference: createClient(InferenceService, transport),
    clock,
  };
}

function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, load: () => opened.then(() => ({ createGrpcWeb })) };
}

function neverThen<T>(found: T): () => Promise<T> {
  let loads = 0;
  return () => (++loads === 1 ? new Promise(() => {}) : Promise.resolve(found));
}

afterEach(() => {
  vi.useRealTimers();
  vi.doUnmock("../src/wire/grpc_web.js");
});

describe("gRPC-Web over fetch, while its code is on the way", () => {
  it("calls and streams wait for it", async () => {
    const { open, load } = gate();
    const { threads, inference, clock } = await clients(load);
    const found = threads.getThread(t1);
    const texts = (async () => {
      for await (const { event } of inference.generate({ agentId: "a1" })) {
        return event.value;
      }
      return undefined;
    })();
    open();
    expect((await found).thread?.id).toBe("t1");
    expect(await texts).toMatchObject({ text: "hello" });
    expect((await threads.getThread(t1)).thread?.id).toBe("t1");
    expect(clock.pending).toBe(0);
  });

  it("the deadline ends a call, and nothing is sent any more", async () => {
    const { open, load } = gate();
    const { threads, inference, clock } = await clients(load);
    const unary = errorOf(threads.getThread(t1));
    const stream = errorOf(
      inference.generate({ agentId: "a1" }, { timeoutMs: 30_000 })[Symbol.asyncIterator]().next(),
    );
    await clock.advance(30_000);
    for (const error of [await unary, await stream]) {
      expect(error).toMatchObject({ stopReason: "deadline", origin: "client" });
      expect(error.code).toBe(Code.DeadlineExceeded);
    }
    open();
    expect((await threads.getThread(t1)).thread?.id).toBe("t1");
    expect([served, clock.pending]).toEqual([1, 0]);
  });

  it("the caller's signal ends a call", async () => {
    const { threads, clock } = await clients(gate().load);
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    controller.abort();
    expect(await failed).toMatchObject({ stopReason: "canceled", attempts: [expect.anything()] });
    expect(clock.pending).toBe(0);
  });

  it("a load that another call began and nobody ends is begun anew, after 3 s", async () => {
    const { threads } = await clients(neverThen({ createGrpcWeb }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = [threads.getThread(t1), threads.getThread(t1)];
    await vi.advanceTimersByTimeAsync(2_999);
    expect(served).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(waiting);
    expect(served).toBe(2);
  });

  it("nothing waits for it longer than 30 s, also a stream without a deadline", async () => {
    let loads = 0;
    const transport = lazyTransport("it", () => new Promise<never>(() => void loads++))({});
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const inference = createClient(InferenceService, transport);
    const stream = errorOf(inference.generate({ agentId: "a1" })[Symbol.asyncIterator]().next());
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await stream).toMatchObject({ reason: "PROTOCOL_NOT_LOADED", origin: "client" });
    expect(loads).toBe(10);
  });

  it("where it cannot be loaded, calls say so, and the next one tries again", async () => {
    let loads = 0;
    const { threads } = await clients(() =>
      ++loads > 1 ? Promise.resolve({ createGrpcWeb }) : Promise.reject(new Error("no such file")),
    );
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ origin: "client", reason: "PROTOCOL_NOT_LOADED" });
    expect(error).toMatchObject({ code: Code.Unavailable, stopReason: "not_retryable" });
    expect(error.message).toContain("gRPC-Web could not be loaded");
    expect(served).toBe(0);
    expect((await threads.getThread(t1)).thread?.id).toBe("t1");
  });
});
