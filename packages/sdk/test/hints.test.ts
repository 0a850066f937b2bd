import { describe, expect, it } from "vitest";
import { connectError } from "./harness/scripted_client.js";
import type { Answer } from "./harness/scripted_client.js";
import {
  detail,
  GOOD,
  LEVELS,
  scripted,
  THROTTLE,
  titled,
  unavailable,
  withRetryInfo,
} from "./harness/scripted_call.js";
import type { AmeideOptions } from "../src/index.js";
import { RetryInfoSchema } from "@ameideio/core-proto/google/rpc";
import { createVirtualClock } from "../src/testing.js";

const PUSHBACK = "grpc-retry-pushback-ms";
const NOON = Date.UTC(2026, 10, 20, 12, 0, 0, 300);
const MS = 1_000_000;

// Waits until the good answer that follows the given ones; U is 0.5, it is
// 300 ms past noon on Friday, 2026-11-20.
const WAITS: readonly {
  name: string;
  answers: readonly Answer[];
  waits: readonly number[];
  options?: AmeideOptions;
}[] = [
  {
    name: "h01 pushback-exact",
    answers: [unavailable({ [PUSHBACK]: "1500" }), unavailable()],
    waits: [1500, 25],
  },
  {
    name: "h01 pushback below the computed wait",
    answers: [unavailable({ [PUSHBACK]: "1" })],
    waits: [1],
  },
  {
    name: "h01 pushback of a throttle",
    answers: [connectError("resource_exhausted", 429, { [PUSHBACK]: "20" })],
    waits: [20],
  },
  {
    name: "h04 pushback-in-trailer",
    answers: [unavailable({ [`trailer-${PUSHBACK}`]: "1500" })],
    waits: [1500],
  },
  {
    name: "h04 in an HTTP trailer",
    answers: [{ ...unavailable(), trailers: { [PUSHBACK]: "1500" } }],
    waits: [1500],
  },
  {
    name: "h05 pushback-resets-exponent",
    answers: [unavailable(), unavailable(), unavailable({ [PUSHBACK]: "7" }), unavailable()],
    waits: [25, 50, 7, 25],
  },
  {
    name: "h05 control: a Retry-After does not",
    answers: [unavailable(), unavailable(), unavailable({ "retry-after-ms": "70" }), unavailable()],
    waits: [25, 50, 100, 200],
  },
  {
    name: "h06 retryinfo-floor-with-decorrelation",
    answers: [withRetryInfo("unavailable", 503, { seconds: 2n })],
    waits: [2100],
  },
  {
    name: "h06 below the computed wait: that one",
    answers: [withRetryInfo("resource_exhausted", 429, { nanos: 10 * MS })],
    waits: [500],
  },
  {
    name: "h06 a part of a millisecond rounds up",
    answers: [withRetryInfo("unavailable", 503, { nanos: 60 * MS + 1 })],
    waits: [64],
  },
  {
    name: "h07 retry-after-seconds",
    answers: [unavailable({ "retry-after": "2" })],
    waits: [2100],
  },
  {
    name: "h07 decorrelated by a second at most",
    answers: [unavailable({ "retry-after": "30" })],
    waits: [30_500],
    options: { timeoutMs: 60_000 },
  },
  {
    name: "h08 retry-after-date-rounds-up",
    answers: [{ ...THROTTLE, headers: { "retry-after": "Fri, 20 Nov 2026 12:00:02 GMT" } }],
    waits: [1785],
  },
  {
    name: "h09 date-in-past-ignored",
    answers: [unavailable({ "retry-after": "Fri, 20 Nov 2026 11:59:59 GMT" })],
    waits: [25],
  },
  { name: "h10 zero-adds-nothing", answers: [unavailable({ "retry-after": "0" })], waits: [25] },
  {
    name: "h10 zero-adds-nothing in milliseconds and RetryInfo",
    answers: [unavailable({ "retry-after-ms": "0" }), withRetryInfo("unavailable", 503, {})],
    waits: [25, 50],
  },
  {
    name: "h10 control: pushback 0 retries at once",
    answers: [unavailable({ [PUSHBACK]: "0" }), unavailable()],
    waits: [25],
  },
  {
    name: "h11 negative-ignored",
    answers: [
      unavailable({ "retry-after": "-1" }),
      unavailable({ "retry-after-ms": "-1" }),
      withRetryInfo("unavailable", 503, { seconds: -1n }),
    ],
    waits: [25, 50, 100],
  },
  {
    name: 'h12 "3abc"-ignored',
    answers: [
      unavailable({ "retry-after": "3abc" }),
      unavailable({ "retry-after-ms": "0x10" }),
      unavailable({ "retry-after": "soon" }),
    ],
    waits: [25, 50, 100],
  },
  {
    name: "h12 a date that is none",
    answers: [
      unavailable({ "retry-after": "Fri, 99 Nov 2026 12:00:02 GMT" }),
      unavailable({ "retry-after": "2026-11-20T12:00:02Z" }),
      unavailable({ "retry-after": "Fri, 20 Foo 2026 12:00:02 GMT" }),
      unavailable({ "retry-after": "Fri, 20 Nov 2026 12:00:99 GMT" }),
    ],
    waits: [25, 50, 100, 200],
  },
  {
    name: "h13 fractional-header-ignored",
    answers: [unavailable({ "retry-after": "1.5" }), unavailable({ "retry-after-ms": "70.5" })],
    waits: [25, 50],
  },
  {
    name: "h14 two-headers-precedence: pushback before all",
    answers: [
      connectError(
        "unavailable",
        503,
        { [PUSHBACK]: "7", "retry-after-ms": "300", "retry-after": "9" },
        { details: [detail(RetryInfoSchema, { retryDelay: { nanos: 100 * MS } })] },
      ),
    ],
    waits: [7],
  },
  {
    name: "h14 RetryInfo before headers",
    answers: [
      connectError(
        "unavailable",
        503,
        { "retry-after-ms": "300", "retry-after": "9" },
        { details: [detail(RetryInfoSchema, { retryDelay: { nanos: 100 * MS } })] },
      ),
    ],
    waits: [105],
  },
  {
    name: "h14 milliseconds before seconds",
    answers: [unavailable({ "retry-after-ms": "300", "retry-after": "9" })],
    waits: [315],
  },
  {
    name: "h14 the next valid one where the first is garbage",
    answers: [unavailable({ "retry-after-ms": "x", "retry-after": "2" })],
    waits: [2100],
  },
  {
    name: "h14 a header before a trailer",
    answers: [unavailable({ [PUSHBACK]: "7", [`trailer-${PUSHBACK}`]: "9" })],
    waits: [7],
  },
  {
    name: "h15 control: 60000 is slept",
    answers: [unavailable({ "retry-after-ms": "60000" })],
    waits: [60_500],
    options: { timeoutMs: 120_000 },
  },
];

describe("a hint of the server", () => {
  it.each(titled(WAITS))("%s", async (_name, { answers, waits, options }) => {
    const clock = createVirtualClock({ wallStartMs: NOON });
    const { client } = scripted({
      answers: [...answers, GOOD],
      clock,
      options: { retry: { maxAttempts: 5 }, ...options },
    });
    await LEVELS.idempotent(client);
    expect(clock.sleeps).toEqual(waits);
  });

  it("h08 a date 1 ms ahead is a wait of 1 ms, now is none", async () => {
    const date = { "retry-after": "Fri, 20 Nov 2026 12:00:02 GMT" };
    for (const [wallStartMs, waits] of [
      [Date.UTC(2026, 10, 20, 12, 0, 1, 999), 1],
      [Date.UTC(2026, 10, 20, 12, 0, 2), undefined],
    ] as const) {
      const clock = createVirtualClock({ wallStartMs });
      const { client, events } = scripted({ answers: [unavailable(date), GOOD], clock });
      await LEVELS.idempotent(client);
      const failed = events.find((event) => event.type === "attempt_failed");
      expect(failed).toMatchObject({ retryAfterMs: waits });
      expect(clock.sleeps).toEqual([25]);
    }
  });
});
