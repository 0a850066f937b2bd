import { AsyncLocalStorage } from "node:async_hooks";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { describe, expect, it } from "vitest";
import { createAmeideClient } from "../src/client.js";
import { failureOf, GOOD, LEVELS, unavailable } from "./harness/scripted_call.js";
import { scriptedClient } from "./harness/scripted_client.js";
import type { AmeideOptions } from "../src/index.js";
import {
  createVirtualClock,
  sequence,
  type VirtualClock,
  withTestRuntime,
} from "../src/testing.js";

function clientOn(clock: VirtualClock, transport: UniversalClientFn, options: AmeideOptions = {}) {
  const own: AmeideOptions = {
    baseUrl: "https://api.test",
    tenant: "acme",
    telemetry: false,
    transport,
  };
  const random = { backoff: sequence(0.5) };
  return createAmeideClient(withTestRuntime({ ...own, ...options }, { clock, random }));
}

describe("a clock that moves by itself", () => {
  it("ends a call at its deadline, though nobody moves time on", async () => {
    const clock = createVirtualClock({ autoAdvance: true });
    const { client: transport } = scriptedClient({ hang: true });
    const client = clientOn(clock, transport, { timeoutMs: 25_000 });
    const error = await failureOf(LEVELS.idempotent(client, { attemptTimeoutMs: 10_000 }));
    expect(error).toMatchObject({ stopReason: "deadline" });
    expect(error.attempts.map((attempt) => attempt.durationMs)).toEqual([10_000, 10_000, 4_925]);
    expect(clock.now()).toBe(25_000);
    expect(clock.pending).toBe(0);
  });

  it("lets a server's delays pass on the same clock, in the order of time", async () => {
    const clock = createVirtualClock({ autoAdvance: true });
    const { client: script } = scriptedClient(unavailable(), GOOD);
    const delays = sequence(30, 40);
    const transport: UniversalClientFn = async (request) => {
      await new Promise<void>((go) => void clock.setTimer(go, delays(), "deadline"));
      return script(request);
    };
    await LEVELS.idempotent(clientOn(clock, transport));
    expect(clock.sleeps).toEqual([25]);
    expect(clock.now()).toBe(30 + 25 + 40);
  });

  it("fires timers of the same millisecond in the order they were set", async () => {
    const clock = createVirtualClock({ autoAdvance: true });
    const fired: string[] = [];
    for (const [name, ms] of [
      ["late", 7],
      ["first", 5],
      ["second", 5],
    ] as const) {
      clock.setTimer(() => fired.push(`${name} ${clock.now()}`), ms, "deadline");
    }
    const dropped = clock.setTimer(() => fired.push("dropped"), 6, "deadline");
    clock.clearTimer(dropped);
    await clock.advance(10);
    expect(fired).toEqual(["first 5", "second 5", "late 7"]);
    expect(clock.now()).toBe(10);
  });

  it("does not jump while something goes on without a timer", async () => {
    const clock = createVirtualClock({ autoAdvance: true });
    let expired = false;
    const deadline = clock.setTimer(() => void (expired = true), 1, "deadline");
    for (let i = 0; i < 1_000; i++) {
      await Promise.resolve();
    }
    clock.clearTimer(deadline);
    await clock.advance(5);
    expect(expired).toBe(false);
  });

  it("does thousands of calls a second", async () => {
    const clock = createVirtualClock({ autoAdvance: true });
    const { client: transport } = scriptedClient(unavailable());
    const started = performance.now();
    for (let i = 0; i < 30; i++) {
      await failureOf(LEVELS.idempotent(clientOn(clock, transport)));
    }
    expect(clock.now()).toBe(30 * (25 + 50));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("a callback", () => {
  it.each([true, false])(
    "runs in the async context its timer was set in (by itself: %s)",
    async (autoAdvance) => {
      const clock = createVirtualClock({ autoAdvance });
      const storage = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      for (const name of ["a", "b"]) {
        storage.run(name, () => clock.setTimer(() => seen.push(storage.getStore()), 5, "deadline"));
      }
      await clock.advance(5);
      expect(seen).toEqual(["a", "b"]);
    },
  );
});
