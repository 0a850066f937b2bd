import { describe, expect, it } from "vitest";
import type { Interceptor } from "@connectrpc/connect";
import { connectError } from "./harness/scripted_client.js";
import {
  errorOf,
  scriptedThreads,
  settled,
  t1,
  thread,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call } from "../src/index.js";
import { withDeadlineFrom } from "../src/node.js";
import { createVirtualClock } from "../src/testing.js";

const HANG = { hang: true } as const;
const passOn: Interceptor = (next) => (request) => next(request);
const THROTTLE = connectError("resource_exhausted", 429, { "grpc-retry-pushback-ms": "500" });

function timeouts(requests: readonly { timeoutMs: number | undefined }[]): unknown[] {
  return requests.map((request) => request.timeoutMs);
}

describe("attempt timeouts", () => {
  it("d01 shrinks-per-attempt", async () => {
    const { threads, http, clock } = scriptedThreads([HANG], {
      timeoutMs: 1_000,
      attemptTimeoutMs: 400,
    });
    const failed = errorOf(threads.getThread(t1));
    await http.until(1);
    await clock.advance(1_000);
    const error = await failed;
    expect(timeouts(http.requests)).toEqual([400, 400, 200]);
    expect(error).toMatchObject({ origin: "client", stopReason: "deadline" });
    expect(error.message).toContain("[deadline_exceeded]");
    expect(error.attempts.map(({ code, durationMs }) => [code, durationMs])).toEqual([
      ["deadline_exceeded", 400],
      ["deadline_exceeded", 400],
      ["deadline_exceeded", 200],
    ]);
    expect([http.hanging, clock.pending]).toEqual([0, 0]);
  });

  it("a first attempt is told all of its time, whatever fractions the clock has", async () => {
    const clock = createVirtualClock();
    const { threads, http } = scriptedThreads([thread], { timeoutMs: 400 }, { on: clock });
    for (let i = 0; i < 200; i++) {
      await clock.advance(12.345_678_9);
      await threads.getThread(t1);
    }
    expect(new Set(timeouts(http.requests))).toEqual(new Set([400]));
  });

  it("d02 attempt-timeout-then-ok", async () => {
    const { threads, http, clock, events } = scriptedThreads([HANG, thread]);
    const answer = threads.getThread(t1);
    await http.until(1);
    await clock.advance(9_999);
    expect(http.requests).toHaveLength(1);
    await clock.advance(1);
    expect((await answer).thread?.id).toBe("t1");
    expect(timeouts(http.requests)).toEqual([10_000, 10_000]);
    expect(http.hanging).toBe(0);
    expect(events.find(({ type }) => type === "attempt_failed")).toMatchObject({
      code: "deadline_exceeded",
      class: "AMBIGUOUS",
      origin: "transport",
    });
  });

  it.each<[string, AmeideOptions, number]>([
    ["control: another may follow", {}, 10_000],
    ["retries are off", { retry: false }, 30_000],
    ["one attempt", { retry: { maxAttempts: 1 } }, 30_000],
    ["unknown idempotency, no key", { idempotencyKey: "off" }, 30_000],
    ["the budget has too little", { budget: { capacity: 13 } }, 30_000],
    ["control: the budget has just enough", { budget: { capacity: 14 } }, 10_000],
    ["no overall deadline, no other attempt", { retry: false, noDeadline: true }, Number.NaN],
  ])(
    "d03 attempt-timeout-not-applied-when-no-retry-may-follow: %s",
    async (_name, options, expected) => {
      const { threads, http } = scriptedThreads([thread], options);
      await threads.createThread({ title: "x" });
      expect(timeouts(http.requests)).toEqual([expected]);
    },
  );

  it("d20 last-attempt-has-all-that-remains", async () => {
    const { threads, http, clock } = scriptedThreads([unavailable, unavailable, HANG]);
    const failed = errorOf(threads.getThread(t1));
    await http.until(3);
    await clock.advance(29_999);
    expect(http.hanging).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({ stopReason: "deadline" });
    expect(timeouts(http.requests)).toEqual([10_000, 10_000, 30_000]);
  });
});

describe("waits and the deadline", () => {
  const random = { backoff: () => 0.5 };

  // 10 ms for the answer, 500 ms of wait, 1 ms of margin.
  function throttled(timeoutMs: number) {
    const { clock, http } = scriptedThreads([{ status: 429, body: "slow down" }, thread]);
    const transport: AmeideOptions["transport"] = async (request) => {
      await clock.advance(http.requests.length === 0 ? 10 : 0);
      return http.client(request);
    };
    const made = scriptedThreads([thread], { timeoutMs, transport }, { random, on: clock });
    return { ...made, http };
  }

  it.each([300, 511])("d05 sleep-not-started: %i ms", async (timeoutMs) => {
    const { threads, http, clock } = throttled(timeoutMs);
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "deadline", origin: "server", httpStatus: 429 });
    expect(error.message).toContain("[unavailable]");
    expect([http.requests.length, clock.sleeps]).toEqual([1, []]);
  });

  it("control: 512 ms is just enough", async () => {
    const { threads, http, clock } = throttled(512);
    await threads.getThread(t1);
    expect([http.requests.length, clock.sleeps]).toEqual([2, [500]]);
  });

  it("d04 caller's-timeout-signal-fires-in-sleep", async () => {
    const setup = { clock: { skipSleeps: false } };
    const { threads, http, clock } = scriptedThreads([THROTTLE, thread], {}, setup);
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    await http.until(1);
    await settled();
    expect(clock.sleeps).toEqual([500]);
    controller.abort(new DOMException("late", "TimeoutError"));
    const error = await failed;
    expect(error).toMatchObject({ stopReason: "deadline", origin: "client" });
    expect(error.message).toContain("[deadline_exceeded]");
    expect(error.attempts).toHaveLength(1);
    expect([clock.pending, http.requests.length]).toEqual([0, 1]);
  });

  it("d11 cancel-in-sleep-prompt", async () => {
    const setup = { clock: { skipSleeps: false } };
    const { threads, http, clock } = scriptedThreads([THROTTLE, thread], {}, setup);
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    await http.until(1);
    await settled();
    expect(clock.pending).toBe(1);
    controller.abort();
    expect(await failed).toMatchObject({ stopReason: "canceled", origin: "client" });
    expect([clock.now(), clock.pending, http.requests.length]).toEqual([0, 0, 1]);
  });

  it("control: an uncanceled sleep ends in another attempt", async () => {
    const setup = { clock: { skipSleeps: false } };
    const { threads, http, clock } = scriptedThreads([THROTTLE, thread], {}, setup);
    const answer = threads.getThread(t1);
    await http.until(1);
    await settled();
    await clock.advance(500);
    expect((await answer).thread?.id).toBe("t1");
  });
});

describe("the caller's signal", () => {
  const abortError = new DOMException("enough", "AbortError");
  const timeoutError = new DOMException("late", "TimeoutError");

  it.each([
    ["d10 caller-signal-timeout-is-deadline", timeoutError, "deadline_exceeded", "deadline"],
    ["d19 native-cancellation-type-preserved", abortError, "canceled", "canceled"],
    ["d19 native-cancellation-type-preserved: any reason", "why", "canceled", "canceled"],
  ])("%s", async (_name, reason, code, stopReason) => {
    const { threads, http, clock } = scriptedThreads([HANG]);
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    await http.until(1);
    controller.abort(reason);
    const error = await failed;
    expect(error.message).toContain(`[${code}]`);
    expect(error).toMatchObject({ stopReason, origin: "client" });
    expect(error.cause).toBe(reason);
    expect(error.attempts).toHaveLength(1);
    expect([http.hanging, clock.pending]).toEqual([0, 0]);
  });

  it("d12 cancel-before-start-sends-nothing", async () => {
    const { threads, http, clock } = scriptedThreads([thread], {
      auth: { provider: () => new Promise(() => {}) },
    });
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    await settled();
    controller.abort();
    expect(await failed).toMatchObject({ stopReason: "canceled", attempts: [] });
    expect([http.requests.length, clock.pending]).toEqual([0, 0]);
  });

  it("d13 already-aborted-signal", async () => {
    const { threads, http, clock } = scriptedThreads([thread]);
    const aborted = errorOf(threads.getThread(t1, { signal: AbortSignal.abort() }));
    expect(await aborted).toMatchObject({ stopReason: "canceled", attempts: [] });
    const late = errorOf(threads.getThread(t1, { signal: AbortSignal.abort(timeoutError) }));
    expect(await late).toMatchObject({ stopReason: "deadline" });
    expect([http.requests.length, clock.pending]).toEqual([0, 0]);
  });
});

describe("timeouts", () => {
  it.each([0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "d14 zero-rejected: %s",
    async (timeoutMs) => {
      const { threads, http } = scriptedThreads([thread]);
      for (const options of [call({ timeoutMs }), { timeoutMs }]) {
        const error = await errorOf(threads.getThread(t1, options));
        expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
        expect(error.message).toContain("timeoutMs");
      }
      expect(http.requests).toEqual([]);
    },
  );

  it.each<[string, number, string]>([
    ["control: an integer", 1_500, "1500"],
    ["d15 fractional-floored-on-wire", 1_500.7, "1500"],
    ["d15 fractional-floored-on-wire: just above 1 ms", 1.9, "1"],
    ["d16 above-2^31-saturates", 3_000_000_000, "3000000000"],
    ["the wire takes 10 digits", 1e11, "9999999999"],
  ])("%s", async (_name, timeoutMs, wire) => {
    // With an interceptor the call has a timer of its own.
    for (const interceptors of [[], [passOn]]) {
      const options = { retry: { maxAttempts: 1 }, interceptors };
      const { threads, http, clock } = scriptedThreads([thread], options);
      await threads.getThread(t1, call({ timeoutMs }));
      expect(http.requests[0]?.headers.get("connect-timeout-ms")).toBe(wire);
      const [timer] = clock.timers;
      const longest = interceptors.length === 0 ? Infinity : 2_147_483_647;
      expect(timer).toEqual({ kind: "deadline", ms: Math.min(Math.floor(timeoutMs), longest) });
    }
  });

  it.each([
    ["", []],
    [", with an interceptor", [passOn]],
  ])("d16 above-2^31-saturates: the deadline itself does not%s", async (_with, interceptors) => {
    const { threads, http, clock } = scriptedThreads([HANG], {
      retry: { maxAttempts: 1 },
      timeoutMs: 3_000_000_000,
      interceptors,
    });
    const failed = errorOf(threads.getThread(t1));
    await http.until(1);
    await clock.advance(2_999_999_999);
    expect(http.hanging).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({ stopReason: "deadline" });
  });

  it("d17 sub-ms-not-sent", async () => {
    const { threads, http } = scriptedThreads([thread]);
    const error = await errorOf(threads.getThread(t1, call({ timeoutMs: 0.9 })));
    expect(error).toMatchObject({ stopReason: "deadline", origin: "client", attempts: [] });
    expect(http.requests).toEqual([]);
    await threads.getThread(t1, call({ timeoutMs: 1 }));
    expect(timeouts(http.requests)).toEqual([1]);
  });

  it("the smaller of our option and the runtime's own holds", async () => {
    const { threads, http } = scriptedThreads([thread]);
    await threads.getThread(t1, call({ timeoutMs: 700 }, { timeoutMs: 600 }));
    await threads.getThread(t1, call({ timeoutMs: 500 }, { timeoutMs: 600 }));
    expect(timeouts(http.requests)).toEqual([600, 500]);
  });
});

describe("d18 ambient-minus-margin", () => {
  const ambient = (ms: number | undefined) => ({ timeoutMs: () => ms });

  it.each<[string, number | undefined, AmeideOptions, number]>([
    ["five less than the ambient", 1_000, {}, 995],
    ["the explicit one, where it is smaller", 1_000, { timeoutMs: 200 }, 200],
    ["also without an own deadline", 1_000, { noDeadline: true }, 995],
    ["control: no ambient deadline", undefined, {}, 30_000],
  ])("%s", async (_name, ms, options, expected) => {
    const { threads, http } = scriptedThreads([thread], { retry: { maxAttempts: 1 }, ...options });
    await withDeadlineFrom(ambient(ms), () => threads.getThread(t1));
    await threads.getThread(t1, call({ deadlineFrom: ambient(ms) }));
    await threads.getThread(t1, call({ deadlineFrom: () => ambient(ms) }));
    expect(timeouts(http.requests)).toEqual([expected, expected, expected]);
  });

  it("sends nothing when it is used up", async () => {
    const { threads, http } = scriptedThreads([thread]);
    const error = await errorOf(withDeadlineFrom(ambient(5), () => threads.getThread(t1)));
    expect(error).toMatchObject({ stopReason: "deadline", attempts: [] });
    expect(http.requests).toEqual([]);
    await withDeadlineFrom(ambient(6), () => threads.getThread(t1));
    expect(timeouts(http.requests)).toEqual([1]);
  });

  it("reaches calls however deep, and ends with the handler", async () => {
    const { threads, http } = scriptedThreads([thread], { retry: { maxAttempts: 1 } });
    await withDeadlineFrom(ambient(1_000), async () => {
      await settled();
      await threads.getThread(t1);
    });
    await threads.getThread(t1);
    expect(timeouts(http.requests)).toEqual([995, 30_000]);
  });
});
