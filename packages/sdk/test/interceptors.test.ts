import { describe, expect, it } from "vitest";
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
} from "@connectrpc/connect";
import { END, scriptedStreams, STALL } from "./harness/scripted_stream.js";
import {
  errorOf,
  scriptedThreads,
  settled,
  t1,
  thread,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AttemptInfo, attemptInfo } from "../src/index.js";

describe("an interceptor", () => {
  it("is told the attempt, and what the call has left", async () => {
    const infos: (AttemptInfo | undefined)[] = [];
    const noting: Interceptor = (next) => (request) => {
      infos.push(request.contextValues.get(attemptInfo));
      return next(request);
    };
    const { threads } = scriptedThreads([unavailable, thread], { interceptors: [noting] });
    await threads.getThread(t1);
    expect(infos.map((info) => info?.attempt)).toEqual([1, 2]);
    expect(infos[0]).toEqual({ attempt: 1, remainingMs: 30_000 });
  });

  it("that never goes on is ended by the deadline", async () => {
    const hanging: Interceptor = () => () => new Promise(() => {});
    const { threads, clock } = scriptedThreads([thread], { interceptors: [hanging] });
    const failed = errorOf(threads.getThread(t1));
    await clock.advance(30_000);
    expect(await failed).toMatchObject({ stopReason: "deadline", origin: "client" });
    expect(clock.pending).toBe(0);
  });

  it("sees the signal fire once the call has ended, well or not", async () => {
    const signals: AbortSignal[] = [];
    const noting: Interceptor = (next) => (request) => {
      signals.push(request.signal);
      return next(request);
    };
    const { threads } = scriptedThreads([thread, unavailable], {
      interceptors: [noting],
      retry: false,
    });
    const ended = threads.getThread(t1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await ended;
    await errorOf(threads.getThread(t1));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it.each([5, "x", {}, null, { message: null }])("that answers %j fails the call", async (none) => {
    const odd = (() => () => Promise.resolve(none)) as unknown as Interceptor;
    const { threads } = scriptedThreads([thread], { interceptors: [odd] });
    expect(await errorOf(threads.getThread(t1))).toMatchObject({ origin: "client" });
  });

  it("that sets a control character sends nothing", async () => {
    const setting: Interceptor = (next) => (request) => {
      request.header.set("x-a", "a\u0001b");
      return next(request);
    };
    const { threads, http } = scriptedThreads([thread], { interceptors: [setting] });
    expect(await errorOf(threads.getThread(t1))).toMatchObject({
      reason: "CONFIG_INVALID",
      rawMessage: expect.stringContaining("x-a") as string,
    });
    expect(http.requests).toEqual([]);
  });

  it("that goes on too late sends nothing", async () => {
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const late: Interceptor = (next) => async (request) => {
      await gate;
      return next(request);
    };
    const { threads, http, clock } = scriptedThreads([thread], { interceptors: [late] });
    const failed = errorOf(threads.getThread(t1));
    await clock.advance(30_000);
    await failed;
    goOn();
    await settled();
    expect(http.requests).toEqual([]);
  });

  it("before it goes on sees the signal fire at the deadline, with its error", async () => {
    const reasons: unknown[] = [];
    const asking: Interceptor = () => (request) =>
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => {
          reasons.push(request.signal.reason);
          reject(request.signal.reason as Error);
        });
      });
    const { threads, clock } = scriptedThreads([thread], { interceptors: [asking] });
    const failed = errorOf(threads.getThread(t1));
    await clock.advance(29_999);
    expect(reasons).toEqual([]);
    await clock.advance(1);
    expect(await failed).toMatchObject({ stopReason: "deadline" });
    expect(reasons).toMatchObject([{ code: Code.DeadlineExceeded }]);
  });

  it.each(["unary", "stream"])("sees what ended a %s call: its caller", async (kind) => {
    const seen: unknown[] = [];
    const watching: Interceptor = (next) => async (request) => {
      try {
        const response = await next(request);
        return response.stream ? { ...response, message: watched(response, seen) } : response;
      } catch (reason) {
        seen.push(reason, request.signal.reason);
        throw reason;
      }
    };
    const controller = new AbortController();
    const { signal } = controller;
    const enough = new Error("enough");
    const options = { interceptors: [watching], retry: false } as const;
    const { threads } = scriptedThreads([{ hang: true }], options);
    const { streams } = scriptedStreams([{ pieces: ["one", STALL] }], options);
    const failed =
      kind === "unary"
        ? errorOf(threads.getThread(t1, { signal }))
        : errorOf(read(streams.count({ text: "x" }, { signal })));
    await settled();
    controller.abort(enough);
    expect(await failed).toMatchObject({ code: Code.Canceled, cause: enough });
    await settled();
    expect(seen[0]).toMatchObject({ code: Code.Canceled, cause: enough });
  });

  it.each([
    ["leaves", (messages: AsyncIterable<unknown>) => read(messages, 1)],
    ["fails", (messages: AsyncIterable<unknown>) => read(messages, 1, new Error("mine"))],
  ])("of a stream is finished when its reader %s", async (_, reading) => {
    const seen: unknown[] = [];
    const watching: Interceptor = (next) => async (request) => {
      const response = await next(request);
      return response.stream ? { ...response, message: watched(response, seen) } : response;
    };
    const { streams, requests } = scriptedStreams([{ pieces: ["one", "two", STALL] }], {
      interceptors: [watching],
    });
    await reading(streams.count({ text: "x" })).catch(() => {});
    await settled();
    expect(seen).toEqual(["finished"]);
    expect(requests[0]?.aborted).toBe(true);
  });

  it.each([
    ["an error of its own", new ConnectError("bad", Code.InvalidArgument), Code.InvalidArgument],
    ["any error", new Error("bad"), Code.Unknown],
  ])("that ends a request's messages with %s fails the call", async (_, thrown, code) => {
    const checking: Interceptor = (next) => (request) =>
      next(request.stream ? { ...request, message: failing(request.message, thrown) } : request);
    const answers = [{ pieces: ["one", END] }, { pieces: ["one", END] }];
    const { streams, requests } = scriptedStreams(answers, { interceptors: [checking] });
    const error = await errorOf(read(streams.count({ text: "x" })));
    expect(error).toMatchObject({ code, origin: "client", rawMessage: "bad" });
    expect(requests.length).toBe(1);
  });

  it("that gives a request no messages fails the call", async () => {
    const emptying: Interceptor = (next) => (request) =>
      next({ ...request, message: null } as unknown as StreamRequest);
    const { streams } = scriptedStreams([{ pieces: [END] }], { interceptors: [emptying] });
    expect(await errorOf(read(streams.count({ text: "x" })))).toMatchObject({ origin: "client" });
  });

  it("of a stream is finished when the call ends between two reads", async () => {
    const seen: unknown[] = [];
    const watching: Interceptor = (next) => async (request) => {
      const response = await next(request);
      return response.stream ? { ...response, message: watched(response, seen) } : response;
    };
    const controller = new AbortController();
    const { streams } = scriptedStreams([{ pieces: ["one", "two", END] }], {
      interceptors: [watching],
    });
    const { signal } = controller;
    const messages = streams.count({ text: "x" }, { signal })[Symbol.asyncIterator]();
    await messages.next();
    controller.abort();
    await settled();
    expect(seen).toEqual(["finished"]);
  });
});

async function* failing<T>(messages: AsyncIterable<T>, reason: Error): AsyncGenerator<T> {
  let seen = 0;
  for await (const each of messages) {
    if (++seen === 1) {
      throw reason;
    }
    yield each;
  }
}

// Wraps messages as an interceptor for spans does: it notes an error, and that it was finished.
async function* watched({ message }: StreamResponse, seen: unknown[]) {
  try {
    yield* message;
  } catch (reason) {
    seen.push(reason);
    throw reason;
  } finally {
    seen.push("finished");
  }
}

async function read(messages: AsyncIterable<unknown>, count = Infinity, thrown?: Error) {
  let seen = 0;
  for await (const _ of messages) {
    if (++seen === count) {
      if (thrown !== undefined) {
        throw thrown;
      }
      return;
    }
  }
}
