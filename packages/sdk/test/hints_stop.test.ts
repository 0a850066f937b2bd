import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { connectError } from "./harness/scripted_client.js";
import type { Answer } from "./harness/scripted_client.js";
import {
  failureOf,
  GOOD,
  LEVELS,
  scripted,
  titled,
  unavailable,
  withRetryInfo,
} from "./harness/scripted_call.js";
import type { AmeideOptions, StopReason } from "../src/index.js";

const PUSHBACK = "grpc-retry-pushback-ms";

describe("a hint that ends the call", () => {
  const cases: readonly {
    name: string;
    answer: Answer;
    code?: Code;
    stopReason: StopReason;
    retryAfterMs?: number;
    options?: AmeideOptions;
  }[] = [
    {
      name: "h02 pushback-minus-1",
      answer: unavailable({ [PUSHBACK]: "-1" }),
      stopReason: "server_pushback",
    },
    ...["soon", "1.5", "", "7, 7", "+7"].map((value) => ({
      name: `h03 pushback-garbage-stops: "${value}"`,
      answer: unavailable({ [PUSHBACK]: value, "retry-after": "1" }),
      stopReason: "server_pushback" as const,
    })),
    {
      name: "h07 retry-after-seconds, longer than the call has",
      answer: unavailable({ "retry-after": "30" }),
      stopReason: "server_delay",
      retryAfterMs: 30_000,
    },
    {
      name: "h15 hint-60001-fails-fast-with-timeout-120s",
      answer: unavailable({ "retry-after-ms": "60001" }),
      stopReason: "server_delay",
      retryAfterMs: 60_001,
      options: { timeoutMs: 120_000 },
    },
    {
      name: "h15 pushback included",
      answer: unavailable({ [PUSHBACK]: "60001" }),
      stopReason: "server_delay",
      retryAfterMs: 60_001,
      options: { timeoutMs: 120_000 },
    },
    {
      name: "h15 the limit is an option",
      answer: unavailable({ "retry-after": "2" }),
      stopReason: "server_delay",
      retryAfterMs: 2_000,
      options: { retry: { maxServerDelayMs: 1_999 } },
    },
    {
      name: "h15 a number that no timer holds",
      answer: unavailable({ "retry-after": "99999999999999999999" }),
      stopReason: "server_delay",
      retryAfterMs: Number.MAX_SAFE_INTEGER,
    },
    {
      name: "h15 a pushback that no timer holds",
      answer: unavailable({ [PUSHBACK]: "99999999999999999999" }),
      stopReason: "server_delay",
      retryAfterMs: Number.MAX_SAFE_INTEGER,
    },
    {
      name: "h15 a RetryInfo that no timer holds",
      answer: withRetryInfo("unavailable", 503, { seconds: 2n ** 62n }),
      stopReason: "server_delay",
      retryAfterMs: Number.MAX_SAFE_INTEGER,
    },
    {
      name: "h16 hint-exceeds-deadline-no-sleep",
      answer: unavailable({ "retry-after-ms": "300" }),
      stopReason: "server_delay",
      retryAfterMs: 300,
      options: { timeoutMs: 300 },
    },
    {
      name: "h16 the hint fits, its decorrelation does not",
      answer: unavailable({ "retry-after-ms": "290" }),
      stopReason: "deadline",
      retryAfterMs: 290,
      options: { timeoutMs: 300 },
    },
    {
      name: "h10 a RetryInfo of 0 is told",
      answer: withRetryInfo("not_found", 404, {}),
      code: Code.NotFound,
      stopReason: "not_retryable",
      retryAfterMs: 0,
    },
    {
      name: "h18 hint-on-fatal-code-not-retried-but-reported",
      answer: connectError("not_found", 404, { "retry-after": "2" }),
      code: Code.NotFound,
      stopReason: "not_retryable",
      retryAfterMs: 2_000,
    },
    {
      name: "h18 nor for a pushback",
      answer: connectError("aborted", 409, { [PUSHBACK]: "5" }),
      code: Code.Aborted,
      stopReason: "not_retryable",
      retryAfterMs: 5,
    },
  ];
  it.each(titled(cases))("%s", async (_name, each) => {
    const { answer, code, stopReason, retryAfterMs, options } = each;
    const scene = scripted({ answers: [answer, GOOD], options: options ?? {} });
    const error = await failureOf(LEVELS.idempotent(scene.client));
    expect(error).toMatchObject({ code: code ?? Code.Unavailable, stopReason, retryAfterMs });
    expect(scene.clock.sleeps).toEqual([]);
    expect(scene.requests).toHaveLength(1);
  });

  it("is read from failed calls only", async () => {
    const answer: Answer = {
      status: 200,
      headers: { "content-type": "application/proto", [PUSHBACK]: "-1", "retry-after": "9" },
    };
    const { client, events } = scripted({ answers: [answer] });
    await LEVELS.idempotent(client);
    expect(events.map(({ type }) => type)).toEqual(["attempt_started", "done"]);
  });
});
