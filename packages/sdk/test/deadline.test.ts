import { describe, expect, it } from "vitest";
import { errorOf, scriptedThreads, settled, t1, thread } from "./harness/scripted_threads.js";
import { call } from "../src/index.js";
import { withDeadlineFrom } from "../src/node.js";
import { createVirtualClock } from "../src/testing.js";

const HANG = { hang: true } as const;

function timeouts(requests: readonly { timeoutMs: number | undefined }[]): unknown[] {
  return requests.map((request) => request.timeoutMs);
}

it("a first attempt is told all of its time, whatever fractions the clock has", async () => {
  const clock = createVirtualClock();
  const { threads, http } = scriptedThreads([thread], { timeoutMs: 400 }, { on: clock });
  for (let i = 0; i < 200; i++) {
    await clock.advance(12.345_678_9);
    await threads.getThread(t1);
  }
  expect(new Set(timeouts(http.requests))).toEqual(new Set([400]));
});

describe("the caller's signal", () => {
  it.each([
    ["of a timeout", new DOMException("late", "TimeoutError"), "deadline"],
    ["of a cancellation", new DOMException("enough", "AbortError"), "canceled"],
    ["of any kind", "why", "canceled"],
  ])("gives its reason as the cause: %s", async (_name, reason, stopReason) => {
    const { threads, http } = scriptedThreads([HANG]);
    const controller = new AbortController();
    const failed = errorOf(threads.getThread(t1, { signal: controller.signal }));
    await http.until(1);
    controller.abort(reason);
    const error = await failed;
    expect(error.stopReason).toBe(stopReason);
    expect(error.cause).toBe(reason);
  });
});

describe("the deadline of the request that is served", () => {
  const ambient = (ms: number | undefined) => ({ timeoutMs: () => ms });

  it("is given around a call, to a call, and by a function", async () => {
    const { threads, http } = scriptedThreads([thread], { retry: { maxAttempts: 1 } });
    const served = ambient(1_000);
    await withDeadlineFrom(served, () => threads.getThread(t1));
    await threads.getThread(t1, call({ deadlineFrom: served }));
    await threads.getThread(t1, call({ deadlineFrom: () => served }));
    expect(timeouts(http.requests)).toEqual([995, 995, 995]);
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
