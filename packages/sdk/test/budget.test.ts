import { describe, expect, it } from "vitest";
import { connectError, nodeError } from "./harness/scripted_client.js";
import type { Answer } from "./harness/scripted_client.js";
import {
  failureOf,
  GOOD,
  LEVELS,
  scripted,
  THROTTLE,
  titled,
  unavailable,
} from "./harness/scripted_call.js";
import type { BudgetOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createVirtualClock } from "../src/testing.js";

const U = unavailable();
const T = THROTTLE;
const REFUSED: Answer = { error: nodeError("ECONNREFUSED"), askBody: false };

function world(budget: BudgetOptions, ...answers: readonly Answer[]) {
  return scripted({ answers, options: { budget, noDeadline: true } });
}

describe("the retry budget", () => {
  // Tokens after each decision to wait and at the end of the call.
  const cases: readonly {
    name: string;
    budget?: BudgetOptions;
    answers: readonly Answer[];
    tokens: readonly number[];
  }[] = [
    { name: "q01 drain-14", answers: [U], tokens: [486, 472, 472] },
    { name: "q02 throttle-5", answers: [T], tokens: [495, 490, 490] },
    {
      name: "q03 exhausted-after-one",
      budget: { capacity: 14 },
      answers: [U],
      tokens: [0, 0],
    },
    { name: "q05 refund-last-cost", answers: [U, U, GOOD], tokens: [486, 472, 486] },
    { name: "q05 of the last, not of the dearest", answers: [U, T, GOOD], tokens: [486, 481, 486] },
    { name: "q05 of the last, not of the first", answers: [T, U, GOOD], tokens: [495, 481, 495] },
    { name: "q06 clean-success-plus-1-capped", answers: [GOOD], tokens: [500] },
    {
      name: "q10 fatal-codes-cost-nothing",
      answers: [connectError("internal", 500)],
      tokens: [500],
    },
    {
      name: "q10 nor what is paid before comes back with them",
      answers: [U, connectError("internal", 500)],
      tokens: [486, 486],
    },
    { name: "a transparent retry is paid", answers: [REFUSED, GOOD], tokens: [495, 500] },
    {
      name: "costs are options",
      budget: { capacity: 100, cost: 30, throttleCost: 20 },
      answers: [U, T, GOOD],
      tokens: [70, 50, 70],
    },
    {
      name: "exactly the cost is enough",
      budget: { capacity: 28 },
      answers: [U],
      tokens: [14, 0, 0],
    },
    { name: "one token less is not", budget: { capacity: 27 }, answers: [U], tokens: [13, 13] },
  ];
  it.each(titled(cases))("%s", async (_name, { budget = {}, answers, tokens }) => {
    const scene = world(budget, ...answers);
    await LEVELS.idempotent(scene.client).catch(() => {});
    expect(scene.tokens).toEqual(tokens);
  });

  it("q03 exhausted-after-one: stopReason budget, the server's own error", async () => {
    const scene = world(
      { capacity: 14 },
      connectError("unavailable", 503),
      connectError("unavailable", 502),
    );
    const error = await failureOf(LEVELS.idempotent(scene.client));
    expect(error).toMatchObject({ stopReason: "budget", httpStatus: 502, retryable: true });
    expect(scene.requests).toHaveLength(2);
    const enough = world({ capacity: 28 }, U);
    expect((await failureOf(LEVELS.idempotent(enough.client))).stopReason).toBe("attempts");
  });

  it("q04 zero-tokens-first-attempt-still-sent", async () => {
    const scene = world({ capacity: 14 }, U, U, U, U, GOOD, GOOD);
    expect((await failureOf(LEVELS.idempotent(scene.client))).stopReason).toBe("budget");
    expect(scene.tokens.at(-1)).toBe(0);
    for (let sent = 3; sent <= 4; sent++) {
      expect((await failureOf(LEVELS.idempotent(scene.client))).stopReason).toBe("budget");
      expect(scene.requests).toHaveLength(sent);
    }
    await LEVELS.idempotent(scene.client);
    expect(scene.tokens.at(-1)).toBe(1);
  });

  it("q06 a good call brings one token back, up to the capacity", async () => {
    const scene = world({ capacity: 16 }, U, U, GOOD);
    await failureOf(LEVELS.idempotent(scene.client, { retry: { maxAttempts: 2 } }));
    expect(scene.tokens.at(-1)).toBe(2);
    const after: (number | undefined)[] = [];
    for (let i = 0; i < 16; i++) {
      await LEVELS.idempotent(scene.client);
      after.push(scene.tokens.at(-1));
    }
    expect(after).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 16]);
  });

  it("a replay with a new token is not paid, and its success brings one back", async () => {
    let issued = 0;
    const auth = { provider: () => ({ token: `token-${++issued}` }) };
    const scene = scripted({
      answers: [U, connectError("not_found", 404), connectError("unauthenticated", 401), GOOD],
      options: { auth, budget: { capacity: 100 } },
    });
    await failureOf(LEVELS.idempotent(scene.client));
    expect(scene.tokens).toEqual([86, 86]);
    await LEVELS.idempotent(scene.client);
    expect(issued).toBe(2);
    expect(scene.tokens.slice(2)).toEqual([86, 87]);
  });

  it("what is paid for a wait is not given back on cancel", async () => {
    const clock = createVirtualClock({ skipSleeps: false });
    const scene = scripted({ answers: [U], clock });
    const controller = new AbortController();
    const { signal } = controller;
    const failed = failureOf(scene.client.threads.deleteThread({ threadId: "t" }, { signal }));
    await expect.poll(() => clock.sleeps.length).toBe(1);
    controller.abort();
    expect((await failed).stopReason).toBe("canceled");
    expect(scene.tokens).toEqual([486, 486]);
  });
});

describe("who shares a budget", () => {
  it("q07 shared-by-derived-clients", async () => {
    const scene = world({ capacity: 42 }, U);
    const { client } = scene;
    const derived = [
      client,
      client.withTenant("other"),
      client.withAuth({ token: "t" }),
      client.with({ appName: "a/1" }).withTenant("third"),
    ];
    for (const each of derived) {
      await failureOf(LEVELS.idempotent(each, { retry: { maxAttempts: 2 } }));
    }
    expect(scene.tokens).toEqual([28, 28, 14, 14, 0, 0, 0]);
    expect((await failureOf(LEVELS.idempotent(derived[3] ?? client))).stopReason).toBe("budget");
  });

  it("q07 control: not by another client of the same origin", async () => {
    const [one, other] = [world({ capacity: 14 }, U), world({ capacity: 14 }, U)];
    await failureOf(LEVELS.idempotent(one.client));
    await failureOf(LEVELS.idempotent(other.client));
    expect(other.tokens).toEqual([0, 0]);
  });

  it("q08 separate-origins", async () => {
    const scene = world({ capacity: 14 }, U);
    const elsewhere = scene.client.with({ baseUrl: "https://elsewhere.test", tenant: "acme" });
    await failureOf(LEVELS.idempotent(scene.client));
    expect(scene.tokens).toEqual([0, 0]);
    await failureOf(LEVELS.idempotent(elsewhere));
    expect(scene.tokens.slice(2)).toEqual([0, 0]);
    // The path is no part of an origin, and back there the bucket is still empty.
    const back = elsewhere.with({ baseUrl: "https://api.test:443/v2", tenant: "acme" });
    expect((await failureOf(LEVELS.idempotent(back))).attempts).toHaveLength(1);
  });

  it("q09 concurrent-100-no-negative", async () => {
    const scene = world({ capacity: 100 }, U);
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => failureOf(LEVELS.idempotent(scene.client))),
    );
    expect(Math.min(...scene.tokens)).toBe(100 - 7 * 14);
    expect(scene.requests).toHaveLength(100 + 7);
    expect(new Set(errors.map(({ stopReason }) => stopReason))).toEqual(new Set(["budget"]));
  });
});

it.each<[keyof BudgetOptions, readonly number[], readonly number[]]>([
  ["capacity", [0, -1, 10_001, 1.5, Number.NaN], [1, 10_000]],
  ["cost", [0, -1, Number.NaN], [1]],
  ["throttleCost", [0, -1, Number.NaN], [1]],
])("budget.%s has bounds", (name, bad, good) => {
  const make = (value: number) => () =>
    createAmeideTransport({ baseUrl: "https://api.test", budget: { [name]: value } });
  for (const value of bad) {
    expect(make(value)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID" }));
  }
  for (const value of good) {
    expect(make(value)).not.toThrow();
  }
});
