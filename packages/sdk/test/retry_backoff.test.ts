import { describe, expect, it } from "vitest";
import type { Answer } from "./harness/scripted_client.js";
import {
  failureOf,
  GOOD,
  LEVELS,
  scripted,
  sent,
  THROTTLE,
  titled,
  unavailable,
} from "./harness/scripted_call.js";
import { nodeError } from "./harness/scripted_client.js";
import type { AmeideError, RetryOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { BEHAVIOR_1, type PolicyValues } from "../src/policy/policy.js";
import { decide, FIRST_ATTEMPT } from "../src/policy/retry.js";
import { sequence } from "../src/testing.js";

const REFUSED: Answer = { error: nodeError("ECONNREFUSED"), askBody: false };
const RESET: Answer = { error: nodeError("ECONNRESET") };
const NONE = 0;
const HALF = 0.5;
const NEARLY_ONE = 0.999999;
const MAX = Number.MAX_SAFE_INTEGER;
const U = unavailable();
const T = THROTTLE;

// Every case ends well, unless there are as many failures as attempts.
const CASES: readonly {
  name: string;
  failures: readonly Answer[];
  u: number | readonly [number, ...number[]];
  delays: readonly number[];
  tokens?: readonly number[];
  retry?: RetryOptions;
}[] = [
  { name: "b01 U=0 → 0 ms", failures: [U, U], u: NONE, delays: [0, 0] },
  { name: "b01 U=0 after a throttle", failures: [T, T], u: NONE, delays: [0, 0] },
  {
    name: "b02 U→1 → 49,99",
    failures: [U, U],
    u: NEARLY_ONE,
    delays: [49, 99],
    tokens: [486, 472, 486],
  },
  {
    name: "b03 throttle 500,1000 at U=0.5",
    failures: [T, T],
    u: HALF,
    delays: [500, 1000],
    tokens: [495, 490, 495],
  },
  { name: "b04 mixed-class-base-switch", failures: [U, T], u: HALF, delays: [25, 1000] },
  { name: "b04 the other way", failures: [T, U], u: HALF, delays: [500, 50] },
  {
    name: "b04 a lost connection backs off as short",
    failures: [RESET, T],
    u: HALF,
    delays: [25, 1000],
  },
  {
    name: "b04 a transparent retry does not raise the exponent, and draws no number",
    failures: [REFUSED, U, REFUSED],
    u: [0.5, 0.9],
    delays: [0, 25, 90],
  },
  {
    name: "b05 cap-20000",
    failures: [U, U, U, U],
    u: HALF,
    retry: { baseDelayMs: 8_000, maxAttempts: 5 },
    delays: [4_000, 8_000, 10_000, 10_000],
  },
  {
    name: "b05 the cap is an option",
    failures: [U, U, U],
    u: HALF,
    retry: { maxDelayMs: 70, maxAttempts: 4 },
    delays: [25, 35, 35],
  },
  {
    name: "b06 saturates",
    failures: [U, U, U, U],
    u: HALF,
    retry: { baseDelayMs: MAX, maxAttempts: 5 },
    delays: [10_000, 10_000, 10_000, 10_000],
  },
  {
    name: "b07 base-above-cap",
    failures: [U, T],
    u: HALF,
    retry: { baseDelayMs: 60_000, throttleDelayMs: 90_000, maxDelayMs: 30 },
    delays: [15, 15],
  },
  {
    name: "b07 base-above-the-default-cap",
    failures: [U],
    u: HALF,
    retry: { baseDelayMs: 60_000 },
    delays: [10_000],
  },
  { name: "b08 floor-not-round", failures: [U, U], u: 0.3199, delays: [15, 31] },
  { name: "b08 up to the next whole number", failures: [U, U], u: 0.32, delays: [16, 32] },
  {
    name: "one number is drawn for each counted retry",
    failures: [U, U],
    u: [0.2, 0.4],
    delays: [10, 40],
  },
];

describe("backoff", () => {
  it.each(titled(CASES))("%s", async (_name, { failures, u, delays, tokens, retry }) => {
    const draws = typeof u === "number" ? ([u] as const) : u;
    const scene = scripted({
      answers: [...failures, GOOD],
      random: sequence(...draws),
      options: { noDeadline: true, ...(retry && { retry }) },
    });
    await LEVELS.idempotent(scene.client);
    const waits = scene.events.filter((event) => event.type === "waiting");
    expect(waits.map(({ delayMs }) => delayMs)).toEqual(delays);
    // A wait of nothing sets no timer.
    expect(scene.clock.sleeps).toEqual(delays.filter((delay) => delay > 0));
    expect(scene.requests).toHaveLength(failures.length + 1);
    expect(scene.tokens).toEqual(tokens ?? scene.tokens);
  });

  it.each([
    [25, 1],
    [26, 1],
    [27, 2],
  ])("of 25 ms with %i ms left: %i requests", async (timeoutMs, count) => {
    const scene = scripted({ answers: [U, GOOD], options: { timeoutMs } });
    const outcome = await LEVELS.idempotent(scene.client).catch(
      (error: AmeideError) => error.stopReason,
    );
    expect(scene.requests).toHaveLength(count);
    expect(outcome === "deadline").toBe(count === 1);
  });

  it("is counted per call: the next one starts over", async () => {
    const { client, clock } = scripted({ answers: [U, U, GOOD, U, GOOD] });
    await LEVELS.idempotent(client);
    await LEVELS.idempotent(client);
    expect(clock.sleeps).toEqual([25, 50, 25]);
  });

  it("c01 two calls at once do not raise each other's exponent", async () => {
    const { client, clock } = scripted({ answers: [U, U, GOOD] });
    await Promise.all([LEVELS.idempotent(client), LEVELS.idempotent(client)]);
    expect(clock.sleeps).toEqual([25, 25]);
  });

  it.each(["baseDelayMs", "throttleDelayMs", "maxDelayMs", "maxServerDelayMs"])(
    "%s is at least 1 ms",
    (name) => {
      const make = (value: number) => () =>
        createAmeideTransport({ baseUrl: "https://api.test", retry: { [name]: value } });
      for (const value of [0, -1, 0.5, Number.NaN, Infinity]) {
        expect(make(value)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID" }));
      }
      expect(make(1)).not.toThrow();
    },
  );
});

// No call makes so many attempts: the policy core itself is asked.
describe("after many retries", () => {
  const delayAfter = (exponent: number, policy: Partial<PolicyValues>) => {
    const values: PolicyValues = {
      ...BEHAVIOR_1.defaults,
      idempotency: "idempotent",
      ...policy,
    };
    return decide(
      {
        constants: BEHAVIOR_1,
        policy: values,
        budget: { tokens: 500, values: BEHAVIOR_1.budget },
        failure: {
          code: "unavailable",
          origin: "server",
          sent: "yes",
          mismatch: undefined,
          attemptTimedOut: false,
          protocolError: true,
          sentAgain: false,
          unread: false,
        },
        retryClass: "TRANSIENT",
        state: { ...FIRST_ATTEMPT, exponent },
        input: "replayable",
        keySent: false,
        committed: false,
        remainingMs: Infinity,
      },
      () => HALF,
    );
  };

  it.each([
    ["b05 cap-20000 at base 1000, i=10", 10, 1000, 10_000],
    ["b05 one step below the cap", 4, 1000, 8_000],
    ["b06 i=4096-saturates", 4096, 50, 10_000],
    ["b06 with the largest base", 4096, MAX, 10_000],
  ])("%s", (_name, exponent, baseDelayMs, delayMs) => {
    expect(delayAfter(exponent, { baseDelayMs })).toMatchObject({ retry: true, delayMs });
  });
});

describe("the transparent retry", () => {
  it("leaves attempt header and exponent as they are, and is paid", async () => {
    const scene = scripted({ answers: [REFUSED, REFUSED, GOOD] });
    await LEVELS.unknown(scene.client);
    expect(sent(scene.requests, "grpc-previous-rpc-attempts")).toEqual([null, null, "1"]);
    expect(scene.clock.sleeps).toEqual([25]);
    expect(scene.tokens).toEqual([495, 481, 495]);
  });

  it("comes also after a counted retry, once", async () => {
    const scene = scripted({ answers: [U, REFUSED, REFUSED, REFUSED] });
    const error = await failureOf(LEVELS.idempotent(scene.client));
    expect(error.attempts.map(({ transparent }) => transparent)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(error.stopReason).toBe("attempts");
  });

  it("comes with maxAttempts 1, and with the preset mesh", async () => {
    for (const options of [{ retry: { maxAttempts: 1 } }, { preset: "mesh" }] as const) {
      const scene = scripted({ answers: [REFUSED, GOOD], options });
      await LEVELS.unknown(scene.client);
      expect(scene.requests).toHaveLength(2);
    }
  });

  it("never comes with retry off", async () => {
    const scene = scripted({ answers: [REFUSED, GOOD] });
    const error = await failureOf(LEVELS.idempotent(scene.client, { retry: false }));
    expect(error.stopReason).toBe("attempts");
    expect(error.attempts).toMatchObject([{ class: "NOT_SENT", transparent: false }]);
    expect(scene.requests).toHaveLength(1);
  });
});
