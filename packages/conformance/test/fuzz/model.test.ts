import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type AnswerSchema,
  Break,
  type CallSchema,
  Cut,
  Deed,
  GivenSchema,
  ScriptSchema,
  type SettingsSchema,
  StreamEnd,
} from "@ameideio/conformance-proto";
import { describe, expect, it } from "vitest";
import { predict } from "../../src/fuzz/model.js";
import type { Protocol } from "../../src/fuzz/model/policy.js";
import type { Prediction } from "../../src/fuzz/model/prediction.js";

type GivenInit = Exclude<MessageInitShape<typeof GivenSchema>, { $typeName: string }>;
type SettingsInit = MessageInitShape<typeof SettingsSchema>;
type CallInit = MessageInitShape<typeof CallSchema>;
type AnswerInit = Exclude<MessageInitShape<typeof AnswerSchema>, { $typeName: string }>;

const OK: AnswerInit = { action: { case: "ok", value: "fine" } };
const error = (code: string, more: AnswerInit = {}): AnswerInit => ({
  ...more,
  action: { case: "error", value: { code } },
});

const run = runOver.bind(undefined, "connect");

function runOver(
  protocol: Protocol,
  given: Omit<GivenInit, "steps">,
  answers: readonly AnswerInit[],
  ...calls: readonly CallInit[]
): Prediction {
  const all = calls.length === 0 ? [{}] : calls;
  const steps = all.map((call) => ({
    action: { case: "call" as const, value: { method: "Idempotent", ...call } },
  }));
  const script = create(ScriptSchema, { answers: [...answers], otherwise: OK });
  const prediction = predict(create(GivenSchema, { ...given, steps }), script, protocol);
  expect(prediction.notes).toEqual([]);
  return prediction;
}

// The worked numbers of docs/behaviour.md (§3.7 to §3.9).
describe("the reference model", () => {
  it("backs off by 49 and 99 ms at U of nearly 1", () => {
    const seen = run({ random: [0.999999] }, [error("unavailable"), error("unavailable")]);
    expect(seen.sleeps).toEqual([49, 99]);
    expect(seen.requests).toHaveLength(3);
    expect(seen.budget).toBe(486);
  });

  it("takes the throttle's base after a throttle, and keeps the exponent", () => {
    const pushed = { headers: [{ name: "retry-after-ms", value: "1" }] };
    const throttle = error("resource_exhausted", pushed);
    const twice = run({}, [throttle, throttle]);
    expect([twice.sleeps, twice.budget]).toEqual([[500, 1000], 495]);
    expect(run({}, [error("unavailable"), throttle]).sleeps).toEqual([25, 1000]);
  });

  it("stops when the budget is used up", () => {
    const client = { budget: { capacity: 14 } };
    const seen = run({ client }, [error("unavailable"), error("unavailable")]);
    expect(seen.outcomes[0]?.error).toMatchObject({ code: "unavailable", stopReason: "budget" });
    expect([seen.requests.length, seen.budget]).toEqual([2, 0]);
  });

  it("waits exactly what a pushback says, and starts the exponent again", () => {
    const pushed = { headers: [{ name: "grpc-retry-pushback-ms", value: "1500" }] };
    expect(run({}, [error("unavailable", pushed), error("unavailable")]).sleeps).toEqual([
      1500, 25,
    ]);
  });

  it("spreads a RetryInfo of 2 s to 2100 ms", () => {
    const value = { code: "unavailable", retryInfoMs: 2000n };
    expect(run({}, [{ action: { case: "error", value } }]).sleeps).toEqual([2100]);
  });

  it("does not wait 30 s in a call of 30 s", () => {
    const told = { headers: [{ name: "retry-after", value: "30" }] };
    const [outcome] = run({}, [error("unavailable", told)]).outcomes;
    expect(outcome?.error).toMatchObject({ stopReason: "server_delay", retryAfterMs: 30_000 });
  });

  it("rounds a date up to the millisecond", () => {
    const told = { headers: [{ name: "retry-after", value: "Thu, 01 Jan 2026 12:00:02 GMT" }] };
    const wallClockMs = BigInt(Date.UTC(2026, 0, 1, 12, 0, 0, 300));
    expect(run({ wallClockMs }, [error("resource_exhausted", told)]).sleeps).toEqual([1785]);
  });

  it("gives the last attempt what remains, and ends with the deadline", () => {
    const stall: AnswerInit = { action: { case: "stall", value: true } };
    const client = { settings: { timeoutMs: 1000, attemptTimeoutMs: 400 } };
    const { requests, outcomes } = run({ client, random: [0] }, [stall, stall, stall]);
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([400, 400, 200]);
    expect(outcomes[0]).toMatchObject({
      durationMs: 1000,
      error: { code: "deadline_exceeded", stopReason: "deadline", attemptsOpen: true },
    });
  });

  it("does not start a wait that would end after the deadline", () => {
    const told = { delayMs: 10n, headers: [{ name: "retry-after-ms", value: "1" }] };
    const client = { settings: { timeoutMs: 300 } };
    const { outcomes, sleeps } = run({ client }, [error("resource_exhausted", told)]);
    expect(outcomes[0]?.error).toMatchObject({
      code: "resource_exhausted",
      stopReason: "deadline",
    });
    expect(sleeps).toEqual([]);
  });

  it("keeps a deadline that no timer holds, and tells it in ten digits at most", () => {
    const stall: AnswerInit = { action: { case: "stall", value: true } };
    const client = { settings: { timeoutMs: 3_000_000_000, retry: { maxAttempts: 1 } } };
    const { requests, outcomes } = run({ client }, [stall]);
    expect(requests[0]?.timeoutMs).toBe(3_000_000_000);
    expect(outcomes[0]?.durationMs).toBe(3_000_000_000);
    const longer = { settings: { timeoutMs: 1e11, retry: { maxAttempts: 1 } } };
    expect(run({ client: longer }, [OK]).requests[0]?.timeoutMs).toBe(9_999_999_999);
  });

  it("takes the runtime's timeout for the call's, and the smaller of it and what code says", () => {
    const timeoutOf = (settings: SettingsInit, runtimeTimeoutMs: number) =>
      run({ client: { settings }, env: { AMEIDE_TIMEOUT_MS: "500" } }, [OK], { runtimeTimeoutMs })
        .requests[0]?.timeoutMs;
    const once = { retry: { maxAttempts: 1 } };
    expect(timeoutOf(once, 40_000)).toBe(40_000);
    expect(timeoutOf({ ...once, timeoutMs: 300 }, 40_000)).toBe(300);
    expect(timeoutOf({ ...once, noDeadline: true }, 40_000)).toBe(40_000);
  });

  it("hears a hint in the head of an error whose body breaks off", () => {
    const headers = [{ name: "grpc-retry-pushback-ms", value: "70" }];
    const seen = run({}, [error("unavailable", { headers, cut: Cut.RESET_HALF })], {
      method: "Idempotent",
    });
    expect(seen.sleeps).toEqual([70]);
  });

  it("lets a header hide the trailer of its name, and reads the next kind of hint", () => {
    const headers = [
      { name: "retry-after-ms", value: "soon" },
      { name: "retry-after", value: "2" },
    ];
    const trailers = [{ name: "retry-after-ms", value: "900" }];
    expect(run({}, [error("unavailable", { headers, trailers })]).sleeps).toEqual([2100]);
  });

  it("does not send again in the last millisecond", () => {
    const refused: AnswerInit = { action: { case: "break", value: Break.REFUSED }, delayMs: 9n };
    const client = { settings: { timeoutMs: 10 } };
    const { outcomes, requests } = run({ client }, [refused]);
    expect(requests).toHaveLength(1);
    expect(outcomes[0]?.error).toMatchObject({ code: "unavailable", stopReason: "deadline" });
  });

  it("draws a number for a wait that is not begun, and none for another stop", () => {
    const short = { timeoutMs: 20, retry: { baseDelayMs: 1000 } };
    const once = { retry: { maxAttempts: 1 } };
    const sleepsAfter = (first: SettingsInit) =>
      run(
        { random: [0.5, 0.1] },
        [error("unavailable"), error("unavailable")],
        { settings: first },
        {},
      ).sleeps;
    expect(sleepsAfter(short)).toEqual([5]);
    expect(sleepsAfter(once)).toEqual([25]);
  });

  it("says that the provider failed where a replay got no token", () => {
    const provider = [{ token: "one" }, { token: "two", fail: true }];
    const { outcomes } = run({ client: { settings: { auth: { provider } } } }, [
      error("unauthenticated"),
    ]);
    expect(outcomes[0]?.error).toMatchObject({
      code: "unauthenticated",
      origin: "client",
      reason: "TOKEN_PROVIDER_FAILED",
      attempts: [{ code: "unauthenticated" }],
    });
  });

  it("takes each value from the nearest level, a derived client before the methods", () => {
    const methods = {
      Idempotent: {
        retry: { maxAttempts: 4, baseDelayMs: 100 },
        headers: { "x-u": "method", "x-m": "1" },
      },
    };
    const settings = { retry: { baseDelayMs: 10 }, headers: { "x-u": "derived" } };
    const given = create(GivenSchema, {
      client: { methods },
      steps: [
        { action: { case: "derive", value: { name: "d", settings } } },
        { action: { case: "call", value: { method: "Idempotent", client: "d" } } },
      ],
    });
    const answers = Array.from({ length: 3 }, () => error("unavailable"));
    const script = create(ScriptSchema, { answers, otherwise: OK });
    const { sleeps, requests } = predict(given, script);
    expect(sleeps).toEqual([5, 10, 20]);
    expect(requests[0]?.headers).toEqual({ "x-u": "derived", "x-m": "1" });
  });

  it("asks a provider once for calls side by side", () => {
    const provider = [{ token: "one", delayMs: 5n }];
    const slow = { ...OK, delayMs: 1n };
    const seen = run(
      { client: { settings: { auth: { provider } } } },
      Array.from({ length: 100 }, () => slow),
      { parallel: 100 },
    );
    expect([seen.providerCalls, seen.requests.length]).toEqual([1, 100]);
  });

  it("retries at once and for free what surely was not sent, once", () => {
    const refused: AnswerInit = { action: { case: "break", value: Break.REFUSED } };
    const seen = run({}, [refused, refused], { method: "Unknown" });
    expect(seen.sleeps).toEqual([25]);
    expect(seen.requests.map(({ previousAttempts }) => previousAttempts)).toEqual([
      null,
      null,
      "1",
    ]);
  });

  it("replays unauthenticated once, with a fresh token", () => {
    const provider = [{ token: "one" }, { token: "two" }];
    const client = { settings: { auth: { provider } } };
    const seen = run({ client }, [error("unauthenticated")], { method: "Unknown" });
    expect(seen.requests.map(({ authorization }) => authorization)).toEqual([
      "Bearer one",
      "Bearer two",
    ]);
    expect(seen.budget).toBe(500);
  });
});

const SERVER = { method: "ServerStreamIdempotent" };
const stream = (
  texts: readonly string[],
  more: { error?: string; end?: StreamEnd; stall?: boolean; delayMs?: number } = {},
): AnswerInit => ({
  action: {
    case: "stream",
    value: {
      messages: texts.map((text) => ({ text, delayMs: BigInt(more.delayMs ?? 0) })),
      ...(more.error === undefined ? {} : { error: { code: more.error } }),
      stall: more.stall ?? false,
      end: more.end ?? StreamEnd.UNSPECIFIED,
    },
  },
});

describe("the reference model, of streams", () => {
  it("repeats a server stream until its first message, and not after it", () => {
    const before = run({}, [stream([], { error: "unavailable" })], SERVER);
    expect([before.requests.length, before.outcomes[0]?.messages]).toEqual([2, ["fine"]]);
    const after = run({}, [stream(["one"], { error: "unavailable" })], SERVER);
    expect(after.requests).toHaveLength(1);
    expect(after.outcomes[0]).toMatchObject({
      messages: ["one"],
      error: { code: "unavailable", stopReason: "committed", committed: true },
    });
  });

  it("has 30 s for the first message of each attempt, and 60 s for each further one", () => {
    const stall: AnswerInit = { action: { case: "stall", value: true } };
    const once = { settings: { retry: { maxAttempts: 1 } } };
    const first = run({}, [stall], { ...SERVER, ...once });
    expect(first.outcomes[0]).toMatchObject({
      durationMs: 30_000,
      error: { code: "deadline_exceeded", origin: "transport", stopReason: "attempts" },
    });
    expect(first.requests[0]).toMatchObject({ timeoutMs: null, canceled: true });
    const idle = run({}, [stream(["one"], { stall: true })], SERVER);
    expect(idle.outcomes[0]).toMatchObject({
      durationMs: 60_000,
      error: { code: "deadline_exceeded", origin: "transport", stopReason: "committed" },
    });
  });

  it("has neither for a stream that is meant to stay open", () => {
    const slow = stream(["one", "two"], { delayMs: 100_000 });
    const seen = run({}, [slow], { method: "ServerStreamLongLived" });
    expect(seen.outcomes[0]).toMatchObject({ durationMs: 200_000, error: null });
  });

  it("ends a committed stream with a stated deadline", () => {
    const client = { settings: { timeoutMs: 500 } };
    const { outcomes, requests } = run({ client }, [stream(["one"], { stall: true })], SERVER);
    expect(requests[0]?.timeoutMs).toBe(500);
    expect(outcomes[0]).toMatchObject({
      durationMs: 500,
      error: { stopReason: "deadline", committed: true },
    });
  });

  it("repeats a client stream while nothing was taken, and not after that", () => {
    const refused: AnswerInit = { action: { case: "break", value: Break.REFUSED } };
    const call = { method: "ClientStreamIdempotent", texts: ["a", "b"] };
    const seen = run({}, [refused, refused], call);
    expect([seen.requests.length, seen.sleeps]).toEqual([3, [25]]);
    expect(seen.requests.at(-1)?.texts).toEqual(["a", "b"]);
    const [gone] = run({}, [error("unavailable")], call).outcomes;
    expect(gone?.error).toMatchObject({ stopReason: "not_idempotent", committed: false });
  });

  it("takes the one message of a client stream for nothing where the stream fails", () => {
    const call = { method: "ClientStreamIdempotent" };
    const [outcome] = run({}, [stream(["one"], { error: "internal" })], call).outcomes;
    expect(outcome).toMatchObject({
      messages: [],
      error: { stopReason: "not_retryable", committed: false },
    });
  });

  it("ends a stream that is left well, and lets the server know", () => {
    const left = { ...SERVER, breakAfter: 1 };
    const { outcomes, requests } = run({}, [stream(["one", "two"], { delayMs: 9 })], left);
    expect(outcomes[0]).toMatchObject({ messages: ["one"], error: null, durationMs: 9 });
    expect(requests[0]?.canceled).toBe(true);
  });

  it("takes an end that is missing for AMBIGUOUS, and a message nobody can read for NEVER", () => {
    const classOf = (end: StreamEnd) => {
      const calls = { ...SERVER, settings: { retry: { maxAttempts: 1 } } };
      return run({}, [stream([], { end })], calls).outcomes[0]?.error?.attempts[0]?.class;
    };
    expect(classOf(StreamEnd.MISSING)).toBe("AMBIGUOUS");
    expect(classOf(StreamEnd.HALF_ENVELOPE)).toBe("AMBIGUOUS");
    expect(classOf(StreamEnd.GARBAGE)).toBe("NEVER");
  });
});

describe("the reference model, of what proves something", () => {
  const unknown = { method: "Unknown" };
  const failureOf = ({ outcomes }: Prediction) => outcomes[0]?.error;

  it("takes nothing for unsent after a head", () => {
    const whole: AnswerInit = { action: { case: "ok", value: "a whole message" } };
    const refused = run({}, [{ ...whole, cut: Cut.REFUSED_STREAM_HALF }], unknown);
    expect(failureOf(refused)).toMatchObject({ stopReason: "not_idempotent" });
    const broken = (value: Break): AnswerInit => ({ action: { case: "break", value } });
    const read = run({}, [broken(Break.UNREACHABLE_AFTER_READ)], unknown);
    expect(failureOf(read)?.attempts).toMatchObject([{ class: "AMBIGUOUS" }]);
    expect(run({}, [broken(Break.UNREACHABLE)], unknown).outcomes[0]?.ok).toBe("fine");
  });

  it("hears a hint on an error of the server, and on nothing else", () => {
    const headers = [{ name: "grpc-retry-pushback-ms", value: "0" }];
    expect(run({}, [error("unavailable", { headers })], unknown).outcomes[0]?.ok).toBe("fine");
    const good: AnswerInit = { action: { case: "ok", value: "fine" }, headers };
    const cut = run({}, [{ ...good, cut: Cut.RESET_HALF }], unknown);
    expect(failureOf(cut)).toMatchObject({ stopReason: "not_idempotent", retryAfterMs: null });
  });

  it("comes back to a gateway that says when, whatever the method", () => {
    const value = { status: 429, contentType: "text/html", body: "later" };
    const throttled = (headers: AnswerInit["headers"] = []): AnswerInit => ({
      action: { case: "http", value },
      headers,
    });
    const told = throttled([{ name: "retry-after", value: "2" }]);
    expect(run({}, [told], unknown).sleeps).toEqual([2100]);
    expect(failureOf(run({}, [throttled()], unknown))?.stopReason).toBe("not_idempotent");
  });

  it("does not vouch for what adapters may read otherwise", () => {
    const notesOf = (call: CallInit, given: Omit<GivenInit, "steps"> = {}) => {
      const steps = [{ action: { case: "call" as const, value: { ...unknown, ...call } } }];
      const script = create(ScriptSchema, { otherwise: OK });
      return predict(create(GivenSchema, { ...given, steps }), script).notes;
    };
    expect(notesOf({ cancel: {} })).toEqual(["a cancel that does not say when"]);
    expect(notesOf({ cancel: { afterMs: 1n } })).toEqual([]);
    const watching = (at: string) => ({
      client: { watchers: [{ who: "observer", at, does: Deed.CANCEL }] },
    });
    expect(notesOf({}, watching(""))).toEqual(["a watcher that does not say when it cancels"]);
    expect(notesOf({}, watching("waiting"))).toEqual([]);
    const auth = { header: "x-api-key" };
    expect(notesOf({}, { client: { settings: { auth } } })).toHaveLength(1);
    const policy = { methods: [{ selectors: ["a"], policy: { timeout_ms: "0" } }] };
    expect(notesOf({}, { client: { policy } })).toEqual(["a document of no client"]);
  });
});

describe("the reference model, of GET", () => {
  const client = { httpGet: true };
  const tooLong: AnswerInit = { action: { case: "http", value: { status: 414 } } };
  const get: CallInit = { method: "NoSideEffects", text: "ab" };

  it("sends what is too long as POST, for nothing, and later what is as long", () => {
    const shorter = { ...get, text: "a" };
    const seen = run({ client }, [tooLong], get, get, shorter);
    expect(seen.requests.map(({ method }) => method)).toEqual(["GET", "POST", "POST", "GET"]);
    expect(seen.requests[1]).toMatchObject({ atMs: 0, previousAttempts: null });
    expect(seen.budget).toBe(500);
  });

  it("does so once, and not where retries are off", () => {
    expect(run({ client }, [tooLong, tooLong], get).requests).toHaveLength(2);
    const off = { ...client, settings: { retryOff: true } };
    expect(run({ client: off }, [tooLong], get).requests).toHaveLength(1);
  });
});

describe("the reference model, of gRPC", () => {
  it("tells a timeout in eight digits, floored to a unit", () => {
    const wire = (timeoutMs: number) => {
      const settings = { timeoutMs, retry: { maxAttempts: 1 } };
      return runOver("grpc", { client: { settings } }, [OK]).requests[0]?.timeoutMs;
    };
    expect(wire(99_999_999)).toBe(99_999_999);
    expect(wire(100_000_999)).toBe(100_000_000);
    expect(wire(1e11)).toBe(9_999_999_000);
  });

  it("knows the status of an answer that is no gRPC, and 200 of one that is", () => {
    const once = { client: { settings: { retry: { maxAttempts: 1 } } } };
    const html = { status: 503, contentType: "text/html", body: "no" };
    const statusOf = (answer: AnswerInit) =>
      runOver("grpc-web", once, [answer]).outcomes[0]?.error?.httpStatus;
    expect(statusOf({ action: { case: "http", value: html } })).toBe(503);
    expect(statusOf(error("unavailable"))).toBe(200);
  });
});
