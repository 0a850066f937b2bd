import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import {
  CaseFileSchema,
  type CaseSchema,
  type ExpectedSchema,
  type Given,
  GivenSchema,
  Layer,
  type OutcomeSchema,
  type RequestSchema,
  type Script,
  ScriptSchema,
} from "@ameideio/conformance-proto";
import { stringify } from "yaml";
import { predict } from "./model.js";
import type { Protocol } from "./model/policy.js";
import type { PredictedOutcome, PredictedRequest, Prediction } from "./model/prediction.js";

/** Disagreement to be written as a case. */
export interface CaseToWrite {
  /** An id, a space and a name. */
  readonly name: string;
  /** Comment above the case, line by line. */
  readonly comment: readonly string[];
  readonly given: Given;
  readonly script: Script;
  readonly format: string;
  readonly protocol: Protocol;
  readonly prediction: Prediction;
}

/**
 * Returns a case file that expects the model's prediction. If it expects only failures it gets a
 * control: the same calls, or if those cannot succeed a plain one, to a server without faults.
 */
export function writeCase({
  name,
  comment,
  given,
  script,
  format,
  protocol,
  prediction,
}: CaseToWrite): string {
  const place = { layer: Layer.MEMORY, formats: [format], protocols: [protocol] };
  const expect = expectedOf(prediction);
  const cases: MessageInitShape<typeof CaseSchema>[] = [
    { name, ...place, given, server: script, expect },
  ];
  if (prediction.outcomes.every(({ error }) => error !== null)) {
    const server = create(ScriptSchema, { otherwise: { action: { case: "ok", value: "fine" } } });
    const isWell = (candidate: Given): boolean => {
      const { outcomes, notes } = predict(candidate, server, protocol);
      return notes.length === 0 && outcomes.some(({ error }) => error === null);
    };
    const control = [given, PLAIN].find(isWell) ?? PLAIN;
    const well = expectedOf(predict(control, server, protocol));
    const words = `${name.split(" ", 1)[0]} control: a server that is well`;
    cases.push({ name: words, ...place, given: control, server, expect: well });
  }
  const file = create(CaseFileSchema, { cases });
  const json = toJson(CaseFileSchema, file, { useProtoFieldName: true });
  const head = comment.flatMap((text) => text.split("\n").map((line) => `# ${line}`.trimEnd()));
  return `${head.join("\n")}\n${stringify(shorten(json), { lineWidth: 100 })}`;
}

const PLAIN = create(GivenSchema, {
  steps: [{ action: { case: "call", value: { method: "Idempotent" } } }],
});

function expectedOf(prediction: Prediction): MessageInitShape<typeof ExpectedSchema> {
  const { outcomes, requests, sleeps, budget, providerCalls, parallel } = prediction;
  return {
    outcomes: outcomes.map(outcomeOf),
    ...(parallel ? { requestCount: requests.length } : { requests: requestsOf(requests) }),
    ...(requests.length === 0 ? { requestCount: 0 } : {}),
    ...(sleeps === undefined || parallel ? {} : { sleeps: { values: [...sleeps] } }),
    ...(budget === undefined || requests.length === 0 ? {} : { budget }),
    providerCalls,
  };
}

function outcomeOf({
  ok,
  error,
  durationMs,
  messages,
  headersMs,
}: PredictedOutcome): MessageInitShape<typeof OutcomeSchema> {
  const seen = {
    minMs: durationMs,
    maxMs: durationMs,
    messages: [...messages],
    ...(typeof headersMs === "number" ? { headersMs } : {}),
  };
  if (error === null) {
    return { ok: ok ?? "", ...seen };
  }
  const { code, origin, stopReason, reason, retryAfterMs, httpStatus, attempts } = error;
  const listed = error.attemptsOpen
    ? {}
    : attempts.length === 0
      ? { attemptCount: 0 }
      : {
          attempts: attempts.map((attempt) => ({
            code: attempt.code,
            class: attempt.class,
            sent: attempt.sent,
            transparent: attempt.transparent,
            ...(attempt.delayMs === undefined ? {} : { delayMs: attempt.delayMs }),
            ...(attempt.durationMs === undefined ? {} : { durationMs: attempt.durationMs }),
          })),
        };
  return {
    code,
    ...(origin === undefined ? {} : { origin }),
    ...(stopReason === undefined ? {} : { stopReason: stopReason ?? "none" }),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
    ...(typeof httpStatus === "number" ? { httpStatus } : {}),
    ...(error.committed ? { committed: true } : {}),
    ...listed,
    ...seen,
  };
}

function requestsOf(
  requests: readonly PredictedRequest[],
): MessageInitShape<typeof RequestSchema>[] {
  return requests.map((request, index) => {
    // Runtimes send a list as one value or as several (RFC 9110, section 5.3).
    const single = Object.entries(request.headers).filter(([, value]) => !value.includes(", "));
    const headers: { [name: string]: string } = Object.fromEntries(single);
    const absent: string[] = [];
    const state = (name: string, value: string | null): void => {
      if (value === null) {
        absent.push(name);
      } else {
        headers[name] = value;
      }
    };
    state("grpc-previous-rpc-attempts", request.previousAttempts);
    state("x-tenant-id", request.tenant);
    state("authorization", request.authorization);
    state(
      "x-request-id",
      sameAs(requests, index, ({ requestId }) => requestId),
    );
    state(
      "idempotency-key",
      sameAs(requests, index, ({ key }) => key),
    );
    const body =
      request.body === undefined
        ? index
        : requests.findIndex(({ body: other }) => other === request.body);
    return {
      headers,
      absent,
      httpMethod: request.method,
      ...(request.timeoutMs === null ? { noTimeout: true } : { timeoutMs: request.timeoutMs }),
      ...(body < index ? { sameBodyAs: body + 1 } : {}),
      texts: [...(request.texts ?? [])],
      ...(request.canceled === undefined ? {} : { canceled: request.canceled }),
    };
  });
}

// A generated id is the one of the first request with it; that request only has to have any.
function sameAs(
  requests: readonly PredictedRequest[],
  index: number,
  read: (request: PredictedRequest) => string | null,
): string | null {
  const value = read(requests[index] as PredictedRequest);
  if (value === null || !value.startsWith("auto:")) {
    return value;
  }
  const first = requests.findIndex((request) => read(request) === value);
  return first < index ? `=${first + 1}` : "/^[0-9a-f-]{36}$/";
}

// Returns the short form of enums, as in case files.
function shorten(json: unknown): unknown {
  if (typeof json === "string") {
    const match = /^(LAYER|BREAK|CUT|MOMENT|STREAM_END)_([A-Z_]+)$/.exec(json);
    return match === null ? json : (match[2] as string).toLowerCase();
  }
  if (Array.isArray(json)) {
    return json.map(shorten);
  }
  if (typeof json !== "object" || json === null) {
    return json;
  }
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, shorten(value)]));
}
