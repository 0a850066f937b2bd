import { describe, expect, it } from "vitest";
import type { Interceptor } from "@connectrpc/connect";
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
});
