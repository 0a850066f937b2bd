import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type AnswerSchema,
  Break,
  Malformed,
  Packing,
  type ScriptSchema,
} from "@ameideio/conformance-proto";
import { RetryInfoSchema } from "@ameideio/conformance-proto/google/rpc";
import { CUTS, cutStream, silence, streamAnswer } from "./generate_stream.js";
import type { Kind } from "./model/levels.js";
import type { Protocol } from "./model/policy.js";
import type { Random } from "./random.js";

type AnswerInit = Exclude<MessageInitShape<typeof AnswerSchema>, { $typeName: string }>;
type ErrorInit = Extract<NonNullable<AnswerInit["action"]>, { case: "error" }>["value"];
type HeaderInit = { name: string; value: string };

/** Facts that answers depend on. */
export interface ScriptContext {
  readonly uniform: boolean;
  /** Time that dates are relative to. */
  readonly wallClockMs: number;
  readonly protocol: Protocol;
  /** Kind of the called methods; undefined for methods of several kinds. */
  readonly kind: Kind | undefined;
}

const OTHER_CODES = [
  "aborted",
  "internal",
  "unknown",
  "data_loss",
  "deadline_exceeded",
  "canceled",
  "permission_denied",
  "failed_precondition",
  "not_found",
  "invalid_argument",
  "already_exists",
  "out_of_range",
  "unimplemented",
];

const BREAKS = [
  Break.REFUSED,
  Break.RESET_BEFORE_READ,
  Break.RESET_AFTER_READ,
  Break.CLOSED_AFTER_READ,
  Break.REFUSED_STREAM,
  Break.GOAWAY,
  Break.HANDSHAKE,
  Break.UNREACHABLE,
  Break.UNREACHABLE_AFTER_READ,
];

const MALFORMED = [Malformed.MESSAGE, Malformed.DETAIL, Malformed.DETAILS];
const PACKINGS = [Packing.GZIP, Packing.BROKEN_GZIP, Packing.UNTOLD_GZIP];
const STATUSES = [204, 400, 401, 403, 404, 408, 414, 418, 429, 429, 431, 500, 502, 503, 503, 504];

/** Generates the behavior of the server. */
export function generateScript(
  random: Random,
  context: ScriptContext,
): MessageInitShape<typeof ScriptSchema> {
  if (context.uniform) {
    // Without a delay, everything is answered at once, and the order of what follows is not
    // defined.
    const delayMs = BigInt(random.between(1, 900));
    return { answers: [], otherwise: { ...answer(random, context), delayMs } };
  }
  const answers = Array.from({ length: random.between(0, 7) }, () => answer(random, context));
  if (random.chance(0.25)) {
    answers.splice(random.between(0, answers.length), 0, ...outage(random));
  }
  const otherwise = random.chance(0.8) ? good(random, context) : answer(random, context);
  return { answers, otherwise };
}

// One message, which is an answer of any kind.
function good(random: Random, { kind }: ScriptContext): AnswerInit {
  return kind === "bidi" && random.chance(0.4)
    ? { action: { case: "stream", value: { messages: [{ text: "fine" }], early: true } } }
    : ok(random);
}

function answer(random: Random, context: ScriptContext): AnswerInit {
  const { kind, protocol, wallClockMs } = context;
  const enveloped = protocol !== "connect" || kind !== "unary";
  const streams = kind !== undefined && enveloped;
  const error = (): ErrorInit => errorOf(random);
  const base = random.weighted<AnswerInit>([
    [kind === "unary" ? 20 : 10, () => ok(random)],
    [1, () => packed(random, ok(random))],
    [enveloped ? 0 : 2, () => packed(random, wireError(random, wallClockMs))],
    [kind === "unary" ? 45 : 30, () => wireError(random, wallClockMs)],
    [14, () => raw(random, wallClockMs)],
    [14, () => ({ action: { case: "break", value: random.pick(BREAKS) } })],
    // The only failures after which a caller's stream is sent again.
    [kind === "client" || kind === "bidi" ? 30 : 0, () => unsent(random)],
    [4, () => silence(random)],
    [enveloped ? 0 : 7, () => cutOff(random, wallClockMs)],
    [streams ? 7 : 0, () => told(random, wallClockMs, cutStream(random, kind as Kind, error))],
    [
      streams ? (kind === "unary" ? 15 : 60) : 0,
      () => told(random, wallClockMs, streamAnswer(random, kind as Kind, error)),
    ],
  ]);
  return { ...base, delayMs: BigInt(delay(random)) };
}

function packed(random: Random, whole: AnswerInit): AnswerInit {
  return { ...whole, packing: random.pick(PACKINGS) };
}

// The server is away for a while.
function outage(random: Random): AnswerInit[] {
  const slow = random.chance(0.3);
  return Array.from({ length: random.between(2, 14) }, () => ({
    ...unsent(random),
    delayMs: BigInt(slow ? delay(random) : 0),
  }));
}

function unsent(random: Random): AnswerInit {
  return {
    action: {
      case: "break",
      value: random.pick([Break.REFUSED, Break.HANDSHAKE, Break.UNREACHABLE]),
    },
  };
}

// Headers and trailers of a stream, before and after its messages.
function told(random: Random, wallClockMs: number, whole: AnswerInit): AnswerInit {
  const echo = random.chance(0.05)
    ? [{ name: "x-tenant-id", value: random.pick(["blue", "red"]) }]
    : [];
  return {
    ...whole,
    headers: [...hints(random, wallClockMs), ...echo],
    trailers: random.chance(0.5) ? hints(random, wallClockMs) : [],
  };
}

function cutOff(random: Random, wallClockMs: number): AnswerInit {
  const whole = random.weighted<AnswerInit>([
    [3, () => ({ ...ok(random), headers: hints(random, wallClockMs) })],
    [2, () => wireError(random, wallClockMs)],
  ]);
  return { ...whole, cut: random.pick(CUTS) };
}

function delay(random: Random): number {
  return random.weighted([
    [45, () => 0],
    [5, () => random.between(1, 4)],
    [25, () => random.between(1, 60)],
    [15, () => random.between(61, 1500)],
    [6, () => random.between(1501, 9000)],
    [4, () => random.between(9001, 40_000)],
  ]);
}

function ok(random: Random): AnswerInit {
  const headers: HeaderInit[] = [];
  if (random.chance(0.1)) {
    headers.push({ name: "x-tenant-id", value: random.pick(["blue", "red"]) });
  }
  if (random.chance(0.05)) {
    headers.push({ name: "retry-after", value: "5" });
  }
  const value = random.chance(0.03) ? "x".repeat(3000) : random.pick(["fine", "good", "yes"]);
  return { action: { case: "ok", value }, headers };
}

function wireError(random: Random, wallClockMs: number): AnswerInit {
  return {
    action: { case: "error", value: errorOf(random) },
    headers: hints(random, wallClockMs),
    trailers: random.chance(0.2) ? hints(random, wallClockMs) : [],
  };
}

function errorOf(random: Random): ErrorInit {
  const code = random.weighted([
    [10, () => "unavailable"],
    [5, () => "resource_exhausted"],
    [3, () => "unauthenticated"],
    [4, () => random.pick(OTHER_CODES)],
  ]);
  const status = random.chance(0.08) ? random.pick([400, 429, 500, 502, 503]) : 0;
  const reason = "QUOTA";
  const errorInfo = random.maybe(0.08, () => ({ reason, domain: "acme.com", metadata: {} }));
  const retryInfoMs = random.maybe(0.15, () => BigInt(hintMs(random)));
  const requestId = random.chance(0.05) ? `srv-${random.between(1, 9)}` : "";
  const alone = errorInfo === undefined && retryInfoMs === undefined && requestId === "";
  return {
    code,
    status,
    message: random.chance(0.05) ? "no\r\n\u001b[2J\u2028" : "no",
    details: alone && random.chance(0.05) ? manyDetails(random) : [],
    requestId,
    ...(random.chance(0.15) ? { malformed: random.pick(MALFORMED) } : {}),
    ...(errorInfo === undefined ? {} : { errorInfo }),
    ...(retryInfoMs === undefined ? {} : { retryInfoMs }),
  };
}

// More details than are read, so that the last one, a wait, may be ignored.
function manyDetails(random: Random): NonNullable<ErrorInit["details"]> {
  const retryDelay = { seconds: BigInt(random.between(1, 3)) };
  const value = toBinary(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }));
  return [
    { type: "acme.v1.Unknown", times: random.between(30, 33) },
    { type: RetryInfoSchema.typeName, value },
  ];
}

function raw(random: Random, wallClockMs: number): AnswerInit {
  const http = random.weighted([
    [10, () => ({ status: random.pick(STATUSES), contentType: "text/html", body: "<p>no</p>" })],
    [
      2,
      () => ({ status: random.pick(STATUSES), contentType: "application/json", body: '{"no":1}' }),
    ],
    [2, () => ({ status: random.pick(STATUSES), contentType: "", body: "" })],
    [3, () => ({ status: random.pick([301, 302, 303, 307, 308]), contentType: "", body: "" })],
    [2, () => ({ status: 200, contentType: "text/html", body: "<p>hello</p>" })],
    [
      1,
      () => ({
        status: 200,
        contentType: random.pick(["application/json", 'Application/JSON ; charset="utf-8"']),
        body: "{no",
      }),
    ],
  ]);
  const redirect = http.status >= 300 && http.status < 400;
  const location = { name: "location", value: "http://localhost:1/" };
  const headers = redirect ? [location] : hints(random, wallClockMs);
  return { action: { case: "http", value: http }, headers };
}

// At most two headers: more would only show the first again.
function hints(random: Random, wallClockMs: number): HeaderInit[] {
  if (random.chance(0.6)) {
    return [];
  }
  const one = (): HeaderInit =>
    random.weighted([
      [3, () => ({ name: "grpc-retry-pushback-ms", value: pushback(random) })],
      [3, () => ({ name: "retry-after-ms", value: milliseconds(random) })],
      [4, () => ({ name: "retry-after", value: retryAfter(random, wallClockMs) })],
    ]);
  const first = one();
  const second = random.chance(0.2) ? one() : undefined;
  return second === undefined || second.name === first.name ? [first] : [first, second];
}

function pushback(random: Random): string {
  return random.weighted([
    [6, () => String(hintMs(random))],
    [2, () => "-1"],
    [2, () => random.pick(["soon", "1.5", "3abc", "-0.5"])],
  ]);
}

function milliseconds(random: Random): string {
  return random.weighted([
    [7, () => String(hintMs(random))],
    [2, () => random.pick(["-5", "0", "1.5", "3abc", "soon"])],
  ]);
}

function retryAfter(random: Random, wallClockMs: number): string {
  return random.weighted([
    [
      6,
      () =>
        String(
          random.weighted([
            [6, () => random.between(0, 6)],
            [2, () => random.between(7, 90)],
          ]),
        ),
    ],
    [3, () => new Date(wallClockMs + random.between(-20, 100) * 1000).toUTCString()],
    [
      2,
      () => random.pick(["-5", "1.5", "3abc", "tomorrow", "Wed Jan  7 00:00:00 2026", ...NO_DATES]),
    ],
  ]);
}

// A date with a wrong weekday, and a date that does not exist.
const NO_DATES = ["Thu, 07 Jan 2026 00:00:00 GMT", "Mon, 31 Feb 2026 00:00:00 GMT"];

function hintMs(random: Random): number {
  return random.weighted([
    [1, () => 0],
    [8, () => random.between(1, 3000)],
    [3, () => random.between(3001, 25_000)],
    [1, () => random.between(25_001, 59_999)],
    [1, () => random.pick([60_000, 60_001, 90_000])],
  ]);
}
