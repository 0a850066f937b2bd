import { describe, expect, it } from "vitest";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import {
  errorOf,
  scriptedThreads,
  settled,
  t1,
  thread,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AttemptInfo, attemptInfo } from "../src/index.js";

const HANG = { hang: true } as const;

describe("users' interceptors", () => {
  it("c02 user-interceptor-per-attempt-order", async () => {
    const seen: string[] = [];
    const infos: (AttemptInfo | undefined)[] = [];
    const named =
      (name: string): Interceptor =>
      (next) =>
      async (request) => {
        infos.push(request.contextValues.get(attemptInfo));
        seen.push(`${name} >`);
        try {
          return await next(request);
        } finally {
          seen.push(`${name} <`);
        }
      };
    const interceptors = [named("outer"), named("inner")];
    const { threads } = scriptedThreads([unavailable, thread], { interceptors });
    await threads.getThread(t1);
    const attempt = ["outer >", "inner >", "inner <", "outer <"];
    expect(seen).toEqual([...attempt, ...attempt]);
    expect(infos.map((info) => info?.attempt)).toEqual([1, 1, 2, 2]);
    expect(infos[0]).toEqual({ attempt: 1, remainingMs: 30_000 });
  });

  it("what they add below does not pile up, and ours stays ours", async () => {
    const adding: Interceptor = (next) => (request) => {
      request.header.append("x-mine", "1");
      request.header.set("authorization", "Bearer stolen");
      request.header.delete("x-request-id");
      request.header.set("connect-timeout-ms", "5");
      return next(request);
    };
    const { threads, http } = scriptedThreads([unavailable, thread], {
      interceptors: [adding],
      auth: { token: "t" },
    });
    await threads.getThread(t1);
    for (const { headers } of http.requests) {
      expect(headers.get("x-mine")).toBe("1");
      expect(headers.get("authorization")).toBe("Bearer t");
      expect(headers.get("x-request-id")).toMatch(/-7/);
      expect(headers.get("connect-timeout-ms")).toBe("10000");
    }
  });

  it("an error of theirs is not retried", async () => {
    const throwing: Interceptor = () => () =>
      Promise.reject(new ConnectError("no", Code.Unavailable));
    const { threads, http, clock } = scriptedThreads([thread], { interceptors: [throwing] });
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ origin: "client", stopReason: "not_retryable" });
    expect(error.attempts).toHaveLength(1);
    expect([http.requests.length, clock.pending]).toEqual([0, 0]);
  });

  it("one that never goes on is ended by the deadline", async () => {
    const hanging: Interceptor = () => () => new Promise(() => {});
    const { threads, clock } = scriptedThreads([thread], { interceptors: [hanging] });
    const failed = errorOf(threads.getThread(t1));
    await clock.advance(30_000);
    expect(await failed).toMatchObject({ stopReason: "deadline", origin: "client" });
    expect(clock.pending).toBe(0);
  });

  it("one that goes on too late sends nothing", async () => {
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

describe("calls at the same time", () => {
  it("c01 backoff-state-not-shared", async () => {
    const random = { backoff: () => 0.5 };
    const { threads, clock } = scriptedThreads([unavailable, unavailable, thread], {}, { random });
    await Promise.all([threads.getThread(t1), threads.getThread(t1)]);
    expect(clock.sleeps).toEqual([25, 25]);
  });

  it("control: two failures of one call raise its exponent", async () => {
    const random = { backoff: () => 0.5 };
    const { threads, clock } = scriptedThreads([unavailable, unavailable, thread], {}, { random });
    await threads.getThread(t1);
    expect(clock.sleeps).toEqual([25, 50]);
  });

  it("a cancel ends one of them", async () => {
    const { threads, http, clock } = scriptedThreads([HANG, HANG]);
    const controller = new AbortController();
    const one = errorOf(threads.getThread(t1, { signal: controller.signal }));
    const other = errorOf(threads.deleteThread(t1));
    await http.until(2);
    controller.abort();
    expect(await one).toMatchObject({ stopReason: "canceled" });
    expect([http.hanging, clock.pending]).toEqual([1, 1]);
    await clock.advance(30_000);
    expect(await other).toMatchObject({ stopReason: "deadline" });
  });
});
