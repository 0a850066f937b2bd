import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createVirtualClock } from "../../src/runtime/virtual_clock.js";
import {
  ALONE_MS,
  backingOff,
  ConnectBackoff,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  PATIENCE_MS,
} from "../../src/http/connect_backoff.js";
import { Demand, Unwanted } from "../../src/http/demand.js";

const REFUSED = new Error("connect ECONNREFUSED 127.0.0.1:9");

interface Dial {
  succeed(): void;
  fail(error?: Error): void;
}

// Connects that end when the test says so.
function world({ random = 0 } = {}) {
  const clock = createVirtualClock();
  const backoff = new ConnectBackoff({ clock, random: () => random });
  const dials: Dial[] = [];
  const outcomes: string[] = [];
  const dial = () =>
    new Promise<string>((resolve, reject) => {
      const number = dials.length + 1;
      dials.push({
        succeed: () => resolve(`connection ${number}`),
        fail: (error = REFUSED) => reject(error),
      });
    });
  const run = (times = 1): void => {
    for (let i = 0; i < times; i++) {
      backoff.run(dial).then(
        (connection) => outcomes.push(connection),
        (error: Error) => outcomes.push(error.message),
      );
    }
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    clock,
    backoff,
    dials,
    outcomes,
    dial,
    run,
    settled,
    /** Fails the connect under way, and says how much later another is. */
    pauseAfterFailure: async (): Promise<number> => {
      const fromMs = clock.now();
      const made = dials.length;
      dials.at(-1)?.fail();
      await settled();
      while (dials.length === made) {
        if (clock.pending === 0) {
          run();
          await settled();
        }
        await clock.advance(1);
      }
      return clock.now() - fromMs;
    },
  };
}

describe("ConnectBackoff", () => {
  it("lets one of many connect, and tells all what that came to", async () => {
    const { run, dials, outcomes, settled } = world();
    run(1000);
    await settled();
    expect(dials).toHaveLength(1);
    dials[0]?.fail();
    await settled();
    expect(outcomes).toEqual(Array.from({ length: 1000 }, () => REFUSED.message));
    expect(dials).toHaveLength(1);
  });

  it("lets all connect once one has", async () => {
    const { run, dials, outcomes, settled } = world();
    run(3);
    await settled();
    dials[0]?.succeed();
    await settled();
    expect(dials).toHaveLength(3);
    dials.forEach((each) => each.succeed());
    await settled();
    expect(outcomes).toEqual(["connection 1", "connection 2", "connection 3"]);
  });

  it("waits for one that takes long no longer than a moment", async () => {
    const { run, dials, clock, settled } = world();
    run(3);
    await clock.advance(ALONE_MS - 1);
    expect(dials).toHaveLength(1);
    await clock.advance(1);
    expect(dials).toHaveLength(3);
    dials[1]?.fail();
    await settled();
  });

  it("waits longer for one that goes alone after a failure, and then one more goes", async () => {
    const { run, dials, clock, outcomes, settled } = world();
    run();
    dials[0]?.fail();
    await settled();
    run(100);
    await clock.advance(FIRST_PAUSE_MS / 2);
    expect(dials).toHaveLength(2);
    for (let made = 3; made < 6; made++) {
      await clock.advance(LONGEST_PAUSE_MS - 1);
      expect(dials).toHaveLength(made - 1);
      await clock.advance(1);
      expect(dials).toHaveLength(made);
    }
    dials.at(-1)?.succeed();
    await settled();
    expect(outcomes.slice(1)).toEqual(["connection 5"]);
    expect(dials).toHaveLength(101);
  });

  it("does not wait for one again that took long", async () => {
    const { run, dials, clock, settled } = world();
    run(2);
    await clock.advance(ALONE_MS);
    dials[1]?.succeed();
    await settled();
    run();
    await settled();
    expect(dials).toHaveLength(3);
  });

  it("waits for the end of a short pause, for which one timer is set", async () => {
    const { run, dials, clock, outcomes, settled } = world();
    run();
    dials[0]?.fail();
    await settled();
    run(100);
    await settled();
    expect(clock.pending).toBe(1);
    await clock.advance(FIRST_PAUSE_MS / 2 - 1);
    expect(dials).toHaveLength(1);
    await clock.advance(1);
    expect(dials).toHaveLength(2);
    dials[1]?.fail();
    await settled();
    expect(outcomes).toHaveLength(101);
    expect(dials).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it("fails at once while a pause is long yet, and says what had failed", async () => {
    const { run, pauseAfterFailure, clock, backoff, dial, dials, settled } = world();
    run();
    await pauseAfterFailure();
    await pauseAfterFailure();
    await pauseAfterFailure();
    dials.at(-1)?.fail();
    await settled();
    const made = dials.length;
    const error = await backoff.run(dial).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: `${REFUSED.message} (connects to this host are paused for 200 ms more)`,
      cause: REFUSED,
    });
    await clock.advance(200 - PATIENCE_MS - 1);
    await expect(backoff.run(dial)).rejects.toThrow("connects to this host are paused for 101 ms");
    expect(clock.pending).toBe(0);
    await clock.advance(1);
    run();
    await clock.advance(PATIENCE_MS);
    expect(dials).toHaveLength(made + 1);
  });

  it.each([
    ["the least", 0, [25, 50, 100, 200, 400, 500, 500]],
    ["the longest", 1, [50, 100, 200, 400, 800, 1000, 1000]],
  ])("pauses twice as long each time, up to a second: %s", async (_name, random, pauses) => {
    const { run, pauseAfterFailure } = world({ random });
    run();
    const measured: number[] = [];
    for (const _ of pauses) {
      measured.push(await pauseAfterFailure());
    }
    expect(measured).toEqual(pauses);
  });

  it("counts connects that fail together once", async () => {
    const { run, dials, clock, settled } = world();
    run(20);
    await clock.advance(ALONE_MS);
    expect(dials).toHaveLength(20);
    dials.forEach((each) => each.fail());
    await settled();
    run();
    await clock.advance(FIRST_PAUSE_MS / 2);
    expect(dials).toHaveLength(21);
  });

  it("begins anew after one that came about, and after a quiet time", async () => {
    const { run, dials, clock, settled } = world();
    const failed = async () => {
      run();
      await settled();
      dials.at(-1)?.fail();
      await settled();
    };
    for (let i = 0; i < 6; i++) {
      await failed();
      await clock.advance(LONGEST_PAUSE_MS);
    }
    run();
    await settled();
    dials.at(-1)?.succeed();
    await failed();
    run();
    await clock.advance(FIRST_PAUSE_MS / 2);
    expect(dials).toHaveLength(9);
    dials.at(-1)?.fail();
    await settled();
    await clock.advance(10 * LONGEST_PAUSE_MS);
    await failed();
    run();
    await clock.advance(FIRST_PAUSE_MS / 2);
    expect(dials).toHaveLength(11);
  });

  it("does not wait for one that began before another failed", async () => {
    const { run, dials, clock, settled } = world();
    run(2);
    await clock.advance(ALONE_MS);
    dials[1]?.fail();
    await settled();
    run();
    await clock.advance(FIRST_PAUSE_MS / 2);
    expect(dials).toHaveLength(3);
  });

  it("does not count one that nobody waited for", async () => {
    const { run, dials, outcomes, settled } = world();
    run();
    dials[0]?.fail(new Unwanted());
    await settled();
    run();
    await settled();
    expect(outcomes).toHaveLength(1);
    expect(dials).toHaveLength(2);
  });

  it("ends waits when it is closed, and leaves the refusal to the dialer", async () => {
    const closed = new Error("the client is closed");
    let reason = REFUSED;
    const dialer = backingOff({
      demand: new Demand(() => {}),
      dial: () => Promise.reject(reason),
      close: (why) => (reason = why),
    });
    await expect(dialer.dial(["h2"])).rejects.toBe(REFUSED);
    const waiting = dialer.dial(["h2"]);
    dialer.close(closed);
    await expect(waiting).rejects.toBe(closed);
    await expect(dialer.dial(["h2"])).rejects.toBe(closed);
  });
});

describe("Demand", () => {
  it("sets no timer for those who leave after it was stopped", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const demand = new Demand(() => {});
    const leave = demand.wait();
    demand.stop();
    leave();
    expect(vi.getTimerCount()).toBe(0);
    const other = new Demand(() => {});
    other.wait()();
    expect(vi.getTimerCount()).toBe(1);
  });
});
