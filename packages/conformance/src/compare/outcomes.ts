import type { JsonObject } from "@bufbuild/protobuf";
import type { AttemptFailure, Outcome, SeenError, SeenOutcome } from "@ameideio/conformance-proto";
import { type Difference, listOf, states, Step } from "./difference.js";
import { bounds, headerValues } from "./requests.js";

/** Outcome that a case states for one call. */
interface Stated {
  readonly outcome: Outcome;
  readonly json: JsonObject;
}

/**
 * Compares how the calls ended.
 *
 * @param options.anyOrder - True for simultaneous calls on real sockets, which end in no fixed
 *   order.
 */
export function compareOutcomes(
  outcomes: readonly Outcome[],
  json: JsonObject,
  {
    seen,
    anyOrder,
    protocol,
  }: { seen: readonly SeenOutcome[]; anyOrder: boolean; protocol: string },
  found: Difference[],
): void {
  const jsons = listOf(json, "outcomes");
  const stated = outcomes.flatMap((outcome, i) =>
    Array.from({ length: outcome.count || 1 }, () => ({
      outcome: over(protocol, outcome),
      json: jsons[i] ?? {},
    })),
  );
  if (stated.length !== seen.length) {
    new Step("outcomes", found).differs("number", stated.length, seen.length);
  }
  const paired = anyOrder
    ? inAnyOrder(stated, seen)
    : stated.map((one, i) => [one, seen[i]] as const);
  paired.forEach(([one, ended], i) => {
    if (ended !== undefined) {
      compareOne(one, ended, i, found);
    }
  });
}

// Applies the differences that a case states for a protocol.
function over(protocol: string, outcome: Outcome): Outcome {
  const { grpcHttpStatus } = outcome;
  return protocol === "connect" || grpcHttpStatus === undefined
    ? outcome
    : { ...outcome, httpStatus: grpcHttpStatus };
}

// Gives each stated outcome the first that fits; the others are compared with the remaining ones.
function inAnyOrder(stated: readonly Stated[], seen: readonly SeenOutcome[]) {
  const left = [...seen];
  const fitting = stated.map((one, i) => {
    const at = left.findIndex((ended) => {
      const found: Difference[] = [];
      compareOne(one, ended, i, found);
      return found.length === 0;
    });
    return [one, at === -1 ? undefined : left.splice(at, 1)[0]] as const;
  });
  return fitting.map(([one, ended]) => [one, ended ?? left.shift()] as const);
}

function compareOne(
  { outcome, json }: Stated,
  seen: SeenOutcome,
  index: number,
  found: Difference[],
): void {
  const step = new Step(`outcome ${index + 1}`, found);
  bounds("duration", seen.durationMs, { min: outcome.minMs, max: outcome.maxMs }, step);
  if (states(json, "messages")) {
    step.equal("messages", outcome.messages, seen.messages);
  }
  if (outcome.headersMs !== undefined) {
    step.equal("headers", outcome.headersMs, seen.headersMs);
  }
  const { error } = seen;
  if (outcome.ok !== undefined) {
    if (error !== undefined) {
      step.differs("", `ok ${outcome.ok}`, showError(error));
    } else {
      step.equal("ok", outcome.ok, seen.ok);
    }
    for (const [name, value] of Object.entries(outcome.headers)) {
      step.equal(`header ${name}`, [value], headerValues(seen, name));
    }
    const values = (name: string) => headerValues({ headers: seen.trailers }, name);
    for (const [name, value] of Object.entries(outcome.trailers)) {
      step.equal(`trailer ${name}`, value, values(name).join(", "));
    }
    for (const name of outcome.absentTrailers) {
      step.equal(`trailer ${name}`, [], values(name));
    }
  } else if (error === undefined) {
    step.differs("", outcome.code, `ok ${seen.ok ?? ""}`);
  } else {
    compareError(outcome, json, error, step);
    compareAttempts(outcome, json, error, step);
  }
}

function compareError(outcome: Outcome, json: JsonObject, error: SeenError, step: Step): void {
  step.equal("code", outcome.code, error.code);
  if (states(json, "origin")) {
    step.equal("origin", outcome.origin, error.origin);
  }
  if (states(json, "stop_reason")) {
    step.equal("stop reason", outcome.stopReason, error.stopReason || "none");
  }
  if (outcome.reason !== undefined) {
    step.equal("reason", outcome.reason, error.reason);
  }
  if (outcome.domain !== undefined) {
    step.equal("domain", outcome.domain, error.domain);
  }
  if (states(json, "metadata")) {
    step.equal("metadata", outcome.metadata, error.metadata);
  }
  if (outcome.retryAfterMs !== undefined) {
    step.equal("retry-after", outcome.retryAfterMs, error.retryAfterMs);
  }
  if (outcome.httpStatus !== undefined) {
    step.equal("HTTP status", outcome.httpStatus, error.httpStatus);
  }
  if (outcome.retryable !== undefined) {
    step.equal("retryable", outcome.retryable, error.retryable);
  }
  if (outcome.committed !== undefined) {
    step.equal("committed", outcome.committed, error.committed);
  }
  if (outcome.messageContains !== "") {
    step.holds("message", outcome.messageContains, error.message);
  }
  if (outcome.causeContains !== "") {
    step.holds("cause", outcome.causeContains, error.cause);
  }
  const bytes = Buffer.byteLength(error.message);
  if (outcome.messageMaxBytes !== undefined && bytes > outcome.messageMaxBytes) {
    step.differs("length of the message", `at most ${outcome.messageMaxBytes} bytes`, bytes);
  }
  if (outcome.explanationContains !== "") {
    step.holds("explanation", outcome.explanationContains, error.explanation);
  }
  if (outcome.serverRequestId !== undefined) {
    step.equal("server's request id", outcome.serverRequestId, error.serverRequestId);
  }
  if (states(json, "fields")) {
    step.equal("fields", outcome.fields, error.fields);
  }
  if (outcome.fieldCount !== undefined) {
    step.equal("number of fields", outcome.fieldCount, error.fields.length);
  }
  for (const text of outcome.textContains) {
    step.holds("text", text, error.text);
  }
  if (outcome.detailCount !== undefined) {
    step.equal("number of details", outcome.detailCount, error.detailCount);
  }
  if (states(json, "native_cancellation")) {
    step.equal("native cancellation", outcome.nativeCancellation, error.nativeCancellation);
  }
}

function compareAttempts(outcome: Outcome, json: JsonObject, error: SeenError, step: Step): void {
  const { attempts } = error;
  if (outcome.attemptCount !== undefined) {
    step.equal("number of attempts", outcome.attemptCount, attempts.length);
  }
  if (!states(json, "attempts")) {
    return;
  }
  const jsons = listOf(json, "attempts");
  if (jsons.length !== attempts.length) {
    step.differs("attempts", outcome.attempts.map(showAttempt), attempts.map(showAttempt));
    return;
  }
  outcome.attempts.forEach((stated, i) => {
    const seen = attempts[i];
    if (seen === undefined) {
      return;
    }
    const what = `attempt ${i + 1}`;
    const one = jsons[i] ?? {};
    if (states(one, "code")) {
      step.equal(`${what}: code`, stated.code, seen.code);
    }
    if (states(one, "class")) {
      step.equal(`${what}: class`, stated.class, seen.class);
    }
    if (stated.delayMs !== undefined) {
      step.equal(`${what}: wait`, stated.delayMs, seen.delayMs);
    }
    if (states(one, "transparent")) {
      step.equal(`${what}: transparent`, stated.transparent, seen.transparent);
    }
    if (stated.durationMs !== undefined) {
      step.equal(`${what}: duration`, stated.durationMs, seen.durationMs);
    }
    if (states(one, "sent")) {
      step.equal(`${what}: sent`, stated.sent, seen.sent);
    }
    if (stated.message !== "") {
      step.holds(`${what}: message`, stated.message, seen.message);
    }
  });
}

/** Formats an error in one line. */
export function showError(error: SeenError): string {
  const { code, origin, stopReason, message } = error;
  return `${code} (${origin}${stopReason === "" ? "" : `, ${stopReason}`}): ${message}`;
}

/** Formats a failed attempt in one line: `unavailable TRANSIENT, then 49 ms`. */
export function showAttempt(attempt: AttemptFailure): string {
  const kind = [attempt.code, attempt.class].filter((text) => text !== "").join(" ");
  const took = attempt.durationMs === undefined ? "" : ` after ${attempt.durationMs} ms`;
  const wait = attempt.delayMs === undefined ? "" : `, then ${attempt.delayMs} ms`;
  return `${kind}${took}${wait}${attempt.transparent ? ", transparent" : ""}`;
}
