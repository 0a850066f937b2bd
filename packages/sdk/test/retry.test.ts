import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { connectError, nodeError } from "./harness/scripted_client.js";
import type { Answer } from "./harness/scripted_client.js";
import {
  failureOf,
  GOOD,
  LEVELS,
  scripted,
  sent,
  THROTTLE,
  unavailable,
  withRetryInfo,
} from "./harness/scripted_call.js";
import type { AmeideOptions, RetryClass, StopReason } from "../src/index.js";

type Level = keyof typeof LEVELS;

const ATTEMPTS_HEADER = "grpc-previous-rpc-attempts";
const ALL: readonly Level[] = ["no_side_effects", "idempotent", "keyed", "unknown"];
const SAFE: readonly Level[] = ["no_side_effects", "idempotent", "keyed"];
const BAD_GATEWAY: Answer = {
  status: 503,
  headers: { "content-type": "text/html" },
  body: "<html>503</html>",
};

// A case for each level it names; its name is the title where there is one.
function perLevel<T extends { readonly name: string; readonly levels: readonly Level[] }>(
  cases: readonly T[],
): [title: string, level: Level, each: T][] {
  return cases.flatMap((each) =>
    each.levels.map((level): [string, Level, T] => [
      each.levels.length === 1 ? each.name : `${each.name} (${level})`,
      level,
      each,
    ]),
  );
}

describe("a failure that is retried", () => {
  const cases: readonly {
    name: string;
    levels: readonly Level[];
    failure: Answer;
    class: RetryClass;
    code?: string;
    waits?: number[];
    options?: AmeideOptions;
  }[] = [
    {
      name: "r01 unavailable-idempotent-then-ok",
      levels: ["idempotent"],
      failure: unavailable(),
      class: "TRANSIENT",
    },
    {
      name: "r02 no-side-effects-get-then-ok",
      levels: ["no_side_effects"],
      failure: unavailable(),
      class: "TRANSIENT",
      options: { httpGet: true },
    },
    {
      name: "r04 unknown-level-with-key-retried",
      levels: ["keyed"],
      failure: unavailable(),
      class: "TRANSIENT",
    },
    {
      name: "r10 aborted retried where listed",
      levels: SAFE,
      failure: connectError("aborted", 409),
      class: "TRANSIENT",
      code: "aborted",
      options: { retry: { retryableCodes: ["aborted"] } },
    },
    {
      name: "r14 resource-exhausted-retryinfo-retried",
      levels: ALL,
      failure: withRetryInfo("resource_exhausted", 429, { nanos: 100_000_000 }),
      class: "THROTTLE",
      code: "resource_exhausted",
      waits: [500],
    },
    {
      name: "r15 http429-html-is-throttle",
      levels: SAFE,
      failure: THROTTLE,
      class: "THROTTLE",
      waits: [500],
    },
    {
      name: "r15 a 429 with JSON that is no Connect error is a throttle",
      levels: SAFE,
      failure: {
        status: 429,
        headers: { "content-type": "application/json" },
        body: { code: "rate_limited", message: "of a gateway" },
      },
      class: "THROTTLE",
      waits: [500],
    },
    {
      name: "r16 http503-html-transient",
      levels: SAFE,
      failure: BAD_GATEWAY,
      class: "TRANSIENT",
    },
    {
      name: "unavailable with RetryInfo opens the unknown level",
      levels: ALL,
      failure: withRetryInfo("unavailable", 503, { nanos: 100_000_000 }),
      class: "TRANSIENT",
      waits: [105],
    },
    {
      name: "unavailable with pushback opens the unknown level",
      levels: ALL,
      failure: unavailable({ "grpc-retry-pushback-ms": "7" }),
      class: "TRANSIENT",
      waits: [7],
    },
    {
      name: "a lost connection is ambiguous",
      levels: SAFE,
      failure: { error: nodeError("ECONNRESET") },
      class: "AMBIGUOUS",
    },
    {
      name: "a 503 that breaks off is ambiguous",
      levels: SAFE,
      failure: {
        status: 503,
        headers: { "content-type": "application/json" },
        body: "{",
        cut: nodeError("ECONNRESET"),
      },
      class: "AMBIGUOUS",
    },
  ];
  it.each(perLevel(cases))("%s", async (_title, level, each) => {
    const { client, clock, requests, events } = scripted({
      answers: [each.failure, GOOD],
      options: each.options ?? {},
    });
    await LEVELS[level](client);
    expect(clock.sleeps).toEqual(each.waits ?? [25]);
    expect(sent(requests, ATTEMPTS_HEADER)).toEqual([null, "1"]);
    expect(events.find((event) => event.type === "attempt_failed")).toMatchObject({
      code: each.code ?? "unavailable",
      class: each.class,
    });
  });

  it("r02 a GET is replayed with the same URL", async () => {
    const answers = [unavailable(), GOOD] as const;
    const { client, requests } = scripted({ answers, options: { httpGet: true } });
    await LEVELS.no_side_effects(client);
    expect(requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
    expect(requests[1]?.url).toBe(requests[0]?.url);
    expect(requests[0]?.url).toContain("?connect=v1&");
  });
});

describe("a failure that is not retried", () => {
  const cases: readonly {
    name: string;
    levels: readonly Level[];
    failure: Answer;
    class: RetryClass;
    code: Code;
    stopReason: StopReason;
    options?: AmeideOptions;
  }[] = [
    {
      name: "r03 unknown-level-unavailable-not-retried",
      levels: ["unknown"],
      failure: unavailable(),
      class: "TRANSIENT",
      code: Code.Unavailable,
      stopReason: "not_idempotent",
    },
    {
      name: "r03 nor after a throttle",
      levels: ["unknown"],
      failure: THROTTLE,
      class: "THROTTLE",
      code: Code.Unavailable,
      stopReason: "not_idempotent",
    },
    {
      name: "r03 nor for a Retry-After, which any proxy sends",
      levels: ["unknown"],
      failure: unavailable({ "retry-after": "1" }),
      class: "TRANSIENT",
      code: Code.Unavailable,
      stopReason: "not_idempotent",
    },
    {
      name: "r03 nor for a code that is listed",
      levels: ["unknown"],
      failure: connectError("aborted", 409),
      class: "TRANSIENT",
      code: Code.Aborted,
      stopReason: "not_idempotent",
      options: { retry: { retryableCodes: ["aborted"] } },
    },
    {
      name: "r13 resource-exhausted-no-hint-stop",
      levels: ALL,
      failure: connectError("resource_exhausted", 429),
      class: "NEVER",
      code: Code.ResourceExhausted,
      stopReason: "not_retryable",
    },
    {
      name: "r13 nor with a pushback that says stop",
      levels: ALL,
      failure: connectError("resource_exhausted", 429, { "grpc-retry-pushback-ms": "-1" }),
      class: "NEVER",
      code: Code.ResourceExhausted,
      stopReason: "not_retryable",
    },
    {
      name: "r17 malformed-200-no-retry",
      levels: ALL,
      failure: { ...GOOD, body: Uint8Array.of(0xff) },
      class: "NEVER",
      code: Code.Internal,
      stopReason: "not_retryable",
    },
    {
      name: "r17 nor a 200 of another content type",
      levels: ALL,
      failure: { status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
      class: "NEVER",
      code: Code.Unknown,
      stopReason: "not_retryable",
    },
    ...(
      [
        ["r09 internal-never", "internal", 500, Code.Internal],
        ["r10 aborted-never-unless-listed", "aborted", 409, Code.Aborted],
        ["r11 unknown-never", "unknown", 500, Code.Unknown],
        ["r12 data-loss-never", "data_loss", 500, Code.DataLoss],
        ["deadline_exceeded of the server never", "deadline_exceeded", 504, Code.DeadlineExceeded],
        ["canceled by the server never", "canceled", 499, Code.Canceled],
        ["not_found never", "not_found", 404, Code.NotFound],
      ] as const
    ).map(([name, code, status, expected]) => ({
      name,
      levels: ALL,
      failure: connectError(code, status),
      class: "NEVER" as const,
      code: expected,
      stopReason: "not_retryable" as const,
    })),
  ];
  it.each(perLevel(cases))("%s", async (_title, level, each) => {
    const { client, clock, requests } = scripted({
      answers: [each.failure, GOOD],
      options: each.options ?? {},
    });
    const error = await failureOf(LEVELS[level](client));
    expect(error).toMatchObject({ code: each.code, stopReason: each.stopReason });
    expect(error.attempts.map((attempt) => attempt.class)).toEqual([each.class]);
    expect(error.retryable).toBe(each.class !== "NEVER");
    expect(requests).toHaveLength(1);
    expect(clock.sleeps).toEqual([]);
  });
});
