import {
  type Answer,
  Break,
  Cut,
  type ErrorAnswer,
  Moment,
  Packing,
  StreamEnd,
} from "@ameideio/conformance-proto";
import {
  checkHttp,
  errorAnswer,
  type Failure,
  failureOf,
  NOT_SENT,
  plain,
  type Reaction,
} from "./answers.js";
import type { Kind } from "./levels.js";
import type { Notes } from "./notes.js";
import type { Protocol } from "./policy.js";

/** Course of the answer to a request in envelopes: all of gRPC, and streams of Connect. */
export interface Flow {
  /** True if the messages of the request are taken. */
  readonly taken: boolean;
  /** True if it begins before they have ended. */
  readonly early: boolean;
  /** Time before its head, or before the event instead; Infinity for no answer. */
  readonly delayMs: number;
  /** True if its head says that messages follow. */
  readonly head: boolean;
  readonly headers: Answer["headers"];
  readonly messages: readonly { readonly text: string; readonly delayMs: number }[];
  /** Time before its end; Infinity for none. */
  readonly endDelayMs: number;
  /** Failure at its end; undefined for success. */
  readonly failure: Failure | undefined;
}

/** Facts that a flow depends on, besides the answer. */
export interface Reading {
  readonly protocol: Protocol;
  readonly kind: Kind;
  readonly readMaxBytes: number;
  readonly notes: Notes;
}

/** §1.1: turns an answer into the flow that a client reading envelopes sees. */
export function flowOf(answer: Answer, reading: Reading): Flow {
  const { action, headers, delayMs } = answer;
  const flow: Flow = {
    taken: true,
    early: false,
    delayMs: Number(delayMs),
    head: false,
    headers,
    messages: [],
    endDelayMs: 0,
    failure: undefined,
  };
  switch (action.case) {
    case "break": {
      const sent = NOT_SENT.includes(action.value) ? "no" : "maybe";
      const taken = ![Break.REFUSED, Break.HANDSHAKE, Break.UNREACHABLE].includes(action.value);
      return { ...flow, taken, failure: failureOf({ code: "unavailable", sent }) };
    }
    case "stall":
      return { ...flow, taken: answer.stallAt === Moment.UNSPECIFIED, delayMs: Infinity };
    case "http": {
      checkHttp(action.value, reading.notes);
      const known = {
        ...plain(action.value, reading.protocol),
        headers,
        trailers: answer.trailers,
      };
      if (answer.cut !== Cut.UNSPECIFIED) {
        reading.notes.invalid("a cut in what nobody reads");
      }
      return { ...flow, failure: failureOf(known) };
    }
    case "ok":
      if (answer.packing !== Packing.UNSPECIFIED) {
        return packed(flow, answer, reading);
      }
      return cutOff(
        limited({ ...flow, head: true, messages: [{ text: action.value, delayMs: 0 }] }, reading),
        answer,
        reading,
      );
    case "error": {
      if (answer.packing !== Packing.UNSPECIFIED) {
        reading.notes.invalid("a packed end");
      }
      const only = reading.protocol !== "connect" && answer.trailers.length === 0;
      const failure = ended(action.value, answer, reading);
      return cutOff({ ...flow, head: !only, failure }, answer, reading);
    }
    case "stream":
      return cutOff(limited(streamed(flow, answer, reading), reading), answer, reading);
    default:
      reading.notes.invalid(`an answer that is ${action.case ?? "nothing"}`);
      return flow;
  }
}

// The compression was not asked for; if the headers do not tell, the first envelope does.
function packed(flow: Flow, { headers, cut, packing }: Answer, { notes }: Reading): Flow {
  if (cut !== Cut.UNSPECIFIED) {
    notes.invalid("a cut in what nobody reads");
  }
  const failure = failureOf({
    code: "internal",
    origin: "client",
    sent: "yes",
    httpStatus: 200,
    headers,
  });
  return { ...flow, head: packing === Packing.UNTOLD_GZIP, failure };
}

function streamed(flow: Flow, answer: Answer, reading: Reading): Flow {
  if (answer.action.case !== "stream") {
    return flow;
  }
  const { messages, error, stall, end, endDelayMs, early } = answer.action.value;
  if ([error !== undefined, stall, end !== StreamEnd.UNSPECIFIED].filter(Boolean).length > 1) {
    reading.notes.invalid("a stream that ends in two ways");
  }
  if (early && reading.kind !== "bidi") {
    reading.notes.invalid("an early answer to no bidi stream");
  }
  const { headers } = answer;
  const known = (failure: Partial<Failure>): Failure =>
    failureOf({ httpStatus: 200, headers, ...failure });
  const failures: Readonly<Record<StreamEnd, () => Failure | undefined>> = {
    [StreamEnd.UNSPECIFIED]: () =>
      error === undefined ? undefined : ended(error, answer, reading),
    [StreamEnd.RESET]: () => known({ code: "unavailable" }),
    [StreamEnd.REFUSED_STREAM]: () => known({ code: "unavailable" }),
    [StreamEnd.SILENCE]: () => {
      reading.notes.invalid("a connection in memory");
      return undefined;
    },
    [StreamEnd.MISSING]: () => known({ code: "internal" }),
    [StreamEnd.HALF_ENVELOPE]: () => known({ code: "internal" }),
    [StreamEnd.GARBAGE]: () => known({ code: "internal", origin: "client", sent: "yes" }),
  };
  return {
    ...flow,
    early,
    head: true,
    messages: messages.map(({ text, delayMs }) => ({ text, delayMs: Number(delayMs) })),
    endDelayMs: stall ? Infinity : Number(endDelayMs),
    failure: failures[end](),
  };
}

// The status is 200, whatever the error.
function ended(error: ErrorAnswer, { headers, trailers }: Answer, { notes }: Reading): Failure {
  return failureOf({ ...errorAnswer(error, notes), httpStatus: 200, headers, trailers });
}

// The head of an envelope states its length, so the first message over the limit ends it.
function limited(flow: Flow, { readMaxBytes }: Reading): Flow {
  const over = flow.messages.findIndex(({ text }) => text.length > readMaxBytes);
  if (over < 0) {
    return flow;
  }
  return {
    ...flow,
    messages: flow.messages.slice(0, over),
    endDelayMs: flow.messages[over]?.delayMs ?? 0,
    failure: failureOf({
      code: "resource_exhausted",
      origin: "client",
      sent: "yes",
      httpStatus: 200,
      headers: flow.headers,
    }),
  };
}

/** Length of a message that is more than half of its answer, whatever the end. */
const LONG = 600;

// Half of the bytes arrive: without messages that tells nothing, and a long message is incomplete.
function cutOff(flow: Flow, answer: Answer, { kind, notes, protocol }: Reading): Flow {
  if (answer.cut === Cut.UNSPECIFIED || isOverLimit(flow)) {
    return flow;
  }
  const { action, headers } = answer;
  if (action.case === "error" && !flow.head) {
    notes.invalid("the end of an answer that is all head");
  }
  const unary = kind === "unary" && protocol !== "connect";
  const whole = flow.messages.length === 0 || (flow.messages[0]?.text.length ?? 0) >= LONG;
  const hasOne = unary || kind === "client";
  if (!whole && !hasOne) {
    notes.invalid("a cut between messages");
  }
  if (flow.messages.length > 1 || (action.case === "stream" && action.value.stall)) {
    notes.invalid("a cut in what does not end");
  }
  if (flow.messages.some(({ delayMs }) => delayMs > 0) || flow.endDelayMs > 0) {
    notes.invalid("a cut in what takes its time");
  }
  if (action.case === "stream" && action.value.end !== StreamEnd.UNSPECIFIED) {
    notes.invalid("a cut in what breaks off");
  }
  const failure = failureOf({ code: "unavailable", httpStatus: 200, headers });
  const silent = answer.cut === Cut.STALL_HALF;
  return { ...flow, messages: [], endDelayMs: silent ? Infinity : 0, failure };
}

function isOverLimit({ failure }: Flow): boolean {
  return failure?.code === "resource_exhausted" && failure.origin === "client";
}

/** Returns the only answer of a flow, for methods that have one, and its time. */
export function oneAnswer(flow: Flow, notes: Notes): { reaction: Reaction; afterMs: number } {
  const { messages, failure, headers, delayMs, endDelayMs } = flow;
  const [message] = messages;
  const afterMs = messages.reduce((sum, one) => sum + one.delayMs, delayMs + endDelayMs);
  if (afterMs === Infinity) {
    return { reaction: { kind: "silence", heard: {} }, afterMs };
  }
  if (failure !== undefined) {
    if (messages.length > 1) {
      notes.invalid("more than one answer");
    }
    return { reaction: { kind: "failure", failure }, afterMs };
  }
  if (messages.length !== 1) {
    notes.invalid(`${messages.length} answers`);
  }
  return { reaction: { kind: "ok", text: message?.text ?? "", headers }, afterMs };
}
