import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { connectError, nodeError } from "./harness/scripted_client.js";
import type { Answer } from "./harness/scripted_client.js";
import {
  failureOf,
  GOOD,
  LEVELS,
  scripted,
  THROTTLE,
  unavailable,
} from "./harness/scripted_call.js";
import { createAmeideTransport } from "../src/node.js";
import { createVirtualClock } from "../src/testing.js";

const REFUSED: Answer = { error: nodeError("ECONNREFUSED"), askBody: false };
const RESET: Answer = { error: nodeError("ECONNRESET") };

it("r21 retryable-then-fatal-surfaces-fatal", async () => {
  const { client, requests } = scripted({
    answers: [unavailable(), connectError("failed_precondition", 400), GOOD],
  });
  const error = await failureOf(LEVELS.idempotent(client));
  expect(error).toMatchObject({
    code: Code.FailedPrecondition,
    rawMessage: "scripted failed_precondition",
    origin: "server",
    stopReason: "not_retryable",
    httpStatus: 400,
    retryable: false,
  });
  expect(error.attempts.map(({ code }) => code)).toEqual(["unavailable", "failed_precondition"]);
  expect(requests).toHaveLength(2);
});

it("r21 control: retryable then good ends well", async () => {
  const { client, events } = scripted({ answers: [unavailable(), GOOD] });
  await LEVELS.idempotent(client);
  expect(events.at(-1)).toMatchObject({ type: "done", code: undefined, attempts: 2 });
});

it("r22 attempts-list-in-order", async () => {
  const { client } = scripted({
    answers: [REFUSED, unavailable(), THROTTLE, RESET, connectError("aborted", 409)],
    options: { retry: { maxAttempts: 5 } },
  });
  const error = await failureOf(LEVELS.idempotent(client));
  const durationMs = 0;
  expect(error.attempts).toMatchObject([
    {
      code: "unavailable",
      class: "NOT_SENT",
      sent: "no",
      message: "ECONNREFUSED (at api.test:443)",
      durationMs,
      delayMs: 0,
      transparent: true,
    },
    {
      code: "unavailable",
      class: "TRANSIENT",
      sent: "yes",
      message: "scripted unavailable",
      durationMs,
      delayMs: 25,
      transparent: false,
    },
    {
      code: "unavailable",
      class: "THROTTLE",
      sent: "yes",
      durationMs,
      delayMs: 1000,
      transparent: false,
    },
    {
      code: "unavailable",
      class: "AMBIGUOUS",
      sent: "maybe",
      message: "ECONNRESET (at api.test:443)",
      durationMs,
      delayMs: 100,
      transparent: false,
    },
    {
      code: "aborted",
      class: "NEVER",
      sent: "yes",
      message: "scripted aborted",
      durationMs,
      delayMs: 0,
      transparent: false,
    },
  ]);
});

it("r22 with the time each took", async () => {
  const clock = createVirtualClock();
  const { client, requests } = scripted({ answers: [{ hang: true }, unavailable()], clock });
  const failed = failureOf(
    LEVELS.idempotent(client, { attemptTimeoutMs: 400, retry: { maxAttempts: 2 } }),
  );
  await expect.poll(() => requests.length).toBe(1);
  await clock.advance(400);
  expect((await failed).attempts).toMatchObject([
    { code: "deadline_exceeded", class: "AMBIGUOUS", durationMs: 400, delayMs: 25 },
    { code: "unavailable", class: "TRANSIENT", durationMs: 0, delayMs: 0 },
  ]);
});

it("a call that fails at once has one attempt in its list, one without I/O none", async () => {
  const { client } = scripted({ answers: [connectError("not_found", 404)] });
  expect((await failureOf(LEVELS.idempotent(client))).attempts).toHaveLength(1);
  const refused = await failureOf(LEVELS.idempotent(client, { tenant: null }));
  expect(refused).toMatchObject({ reason: "CONFIG_INVALID", attempts: [] });
});

it.each([
  ["unknown", unavailable(), "ThreadsService/CreateThread declares no idempotency level"],
  ["idempotent", connectError("aborted", 409), "aborted from the server does not pass by itself"],
  ["idempotent", unavailable(), "all 3 attempts of ameide.threads.v1.ThreadsService/DeleteThread"],
] as const)("an error says in words why it was not retried (%s)", async (level, answer, words) => {
  const { client } = scripted({ answers: [answer] });
  const error = await failureOf(LEVELS[level](client));
  expect(error.explanation).toContain(words);
  expect(String(error)).toContain("not retried: ");
});

describe("how many attempts", () => {
  it.each([
    [1, []],
    [2, [25]],
    [3, [25, 50]],
    [5, [25, 50, 100, 200]],
  ])("r19 max-attempts-%i", async (maxAttempts, waits) => {
    const options = { retry: { maxAttempts } };
    const { client, clock, requests } = scripted({ answers: [unavailable()], options });
    const error = await failureOf(LEVELS.idempotent(client));
    expect(requests).toHaveLength(maxAttempts);
    expect(error).toMatchObject({ code: Code.Unavailable, stopReason: "attempts" });
    expect(error.attempts).toHaveLength(maxAttempts);
    expect(clock.sleeps).toEqual(waits);
  });

  it("is 3 unless said otherwise, 1 with retry off", async () => {
    const { client, requests } = scripted({ answers: [unavailable()] });
    await failureOf(LEVELS.idempotent(client));
    expect(requests).toHaveLength(3);
    const error = await failureOf(LEVELS.idempotent(client, { retry: false }));
    expect(error.stopReason).toBe("attempts");
    expect(requests).toHaveLength(4);
  });

  it.each([6, 0, -1, 2.5, Number.NaN, "3"])(
    "r20 config-attempts-6-rejected: %s",
    (maxAttempts: unknown) => {
      const make = (value: unknown) => () =>
        createAmeideTransport({
          baseUrl: "https://api.test",
          retry: { maxAttempts: value as number },
        });
      expect(make(maxAttempts)).toThrow(
        expect.objectContaining({
          code: Code.InvalidArgument,
          origin: "client",
          reason: "CONFIG_INVALID",
          fieldViolations: [
            { field: "retry.maxAttempts", description: "must be an integer from 1 to 5" },
          ],
        }),
      );
      expect(make(5)).not.toThrow();
    },
  );

  it("r20 per call too, before any I/O", async () => {
    const { client, requests } = scripted({ answers: [GOOD] });
    const error = await failureOf(LEVELS.idempotent(client, { retry: { maxAttempts: 6 } }));
    expect(error.reason).toBe("CONFIG_INVALID");
    expect(requests).toHaveLength(0);
    await LEVELS.idempotent(client, { retry: { maxAttempts: 5 } });
    expect(requests).toHaveLength(1);
  });
});
