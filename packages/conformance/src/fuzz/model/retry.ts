import type { Failure } from "./answers.js";
import { builtIn } from "./built_in.js";
import { type Hint, hintOf } from "./hints.js";
import type { Policy } from "./policy.js";
import type { Draws, Tokens } from "./simulation.js";

/** §3.1: classes, first match. */
export type RetryClass = "NOT_SENT" | "AMBIGUOUS" | "THROTTLE" | "TRANSIENT" | "NEVER";

export type Costs = { readonly cost: number; readonly throttleCost: number };

/** State of a call when an attempt of it has failed. */
export interface Situation {
  readonly policy: Policy;
  readonly costs: Costs;
  readonly tokens: Tokens;
  readonly draws: Draws;
  /** Counted attempts so far. */
  readonly attempts: number;
  readonly transparentUsed: boolean;
  /** Waits for a server since an attempt last reached one. */
  readonly waits: number;
  /** §3.7: counted retries since the last pushback. */
  readonly exponent: number;
  readonly remainingMs: number;
  /** §5.2: true once a message has reached the application. */
  readonly committed: boolean;
  /** §5.2: true once the application's stream cannot be sent again. */
  readonly inputGone: boolean;
  readonly wallMs: number;
}

export type Decision =
  | { readonly kind: "stop"; readonly reason: string }
  | { readonly kind: "transparent"; readonly cost: number }
  | { readonly kind: "wait"; readonly delayMs: number }
  | {
      readonly kind: "retry";
      readonly delayMs: number;
      readonly cost: number;
      readonly pushback: boolean;
    };

export interface Judgement {
  readonly class: RetryClass;
  readonly hint: Hint | undefined;
  readonly decision: Decision;
}

/** Judges a failed attempt: §3.1 to §3.10, in the order of §3.10. */
export function judge(failure: Failure, situation: Situation): Judgement {
  const hint = hintOf(failure, situation.wallMs);
  const retryClass = classOf(failure, hint, situation.policy.retryableCodes);
  const decision = decide(failure, { class: retryClass, hint }, situation);
  return { class: retryClass, hint, decision };
}

function classOf(
  failure: Failure,
  hint: Hint | undefined,
  retryableCodes: readonly string[],
): RetryClass {
  const { code, origin, sent, cutByAttemptTimeout, httpStatus, wireError } = failure;
  if (origin === "client") {
    return "NEVER";
  }
  if (sent === "no" && !cutByAttemptTimeout) {
    return "NOT_SENT";
  }
  if (cutByAttemptTimeout || sent === "maybe") {
    return "AMBIGUOUS";
  }
  if (httpStatus === 429 && !wireError) {
    return "THROTTLE";
  }
  if (code === "resource_exhausted" && hint !== undefined && hint.kind !== "stop") {
    return "THROTTLE";
  }
  if (code === "unavailable" || retryableCodes.includes(code)) {
    return "TRANSIENT";
  }
  return "NEVER";
}

function decide(
  failure: Failure,
  { class: retryClass, hint }: Omit<Judgement, "decision">,
  situation: Situation,
): Decision {
  const { policy, attempts, remainingMs, tokens } = situation;
  if (situation.committed) {
    return stop("committed");
  }
  if (retryClass === "NEVER") {
    return stop("not_retryable");
  }
  const invited = failure.sent === "yes" && invites(failure, hint);
  if (situation.inputGone || !allowed(retryClass, invited, policy)) {
    return stop("not_idempotent");
  }
  if (retryClass === "NOT_SENT" && !situation.transparentUsed && !policy.retryOff) {
    const { throttleCost: cost } = situation.costs;
    if (tokens.left >= cost || !policy.waitForReady) {
      if (endsTooLate(0, remainingMs)) {
        return stop("deadline");
      }
      return tokens.left < cost ? stop("budget") : { kind: "transparent", cost };
    }
  }
  if (retryClass === "NOT_SENT" && policy.waitForReady && !policy.retryOff) {
    const delayMs = readyWaitOf(situation);
    return endsTooLate(delayMs, remainingMs) ? stop("deadline") : { kind: "wait", delayMs };
  }
  if (hint?.kind === "stop") {
    return stop("server_pushback");
  }
  if (policy.retryOff || attempts >= policy.maxAttempts) {
    return stop("attempts");
  }
  if (hint !== undefined && (hint.ms > policy.maxServerDelayMs || hint.ms >= remainingMs)) {
    return stop("server_delay");
  }
  const delayMs = waitOf(retryClass, hint, situation);
  if (endsTooLate(delayMs, remainingMs)) {
    return stop("deadline");
  }
  const { cost: plainCost, throttleCost } = situation.costs;
  const cost = retryClass === "THROTTLE" ? throttleCost : plainCost;
  if (tokens.left < cost) {
    return stop("budget");
  }
  return { kind: "retry", delayMs, cost, pushback: hint?.kind === "pushback" };
}

function stop(reason: string): Decision {
  return { kind: "stop", reason };
}

/** §3.10: an attempt needs a whole millisecond, including one that follows at once. */
export function endsTooLate(delayMs: number, remainingMs: number): boolean {
  return delayMs >= remainingMs - 1;
}

// §3.2: the method gate.
function allowed(retryClass: RetryClass, invited: boolean, policy: Policy): boolean {
  if (retryClass === "NOT_SENT") {
    return true;
  }
  if (policy.kind === "client" || policy.kind === "bidi") {
    return false;
  }
  if (policy.repeatable) {
    return true;
  }
  return invited && !policy.requireIdempotency;
}

// §3.2: a complete answer that asks for the call to be made again. A pushback that stops takes
// precedence over RetryInfo, which then permits nothing. A gateway's 429 that says when to come
// back has not been acted on.
function invites({ httpStatus, wireError, unread }: Failure, hint: Hint | undefined): boolean {
  if (hint?.kind === "retry_after") {
    return httpStatus === 429 && !wireError && !unread;
  }
  return hint?.kind === "pushback" || hint?.kind === "retry_info";
}

const HINT_JITTER = {
  capMs: builtIn("hint_jitter_cap_ms"),
  divisor: builtIn("hint_jitter_divisor"),
};
const LONGEST_READY_WAIT_MS = builtIn("max_ready_delay_ms");

// The backoff with a cap of its own; half of the remaining time if that is too long; at least
// something.
function readyWaitOf({ policy, waits, draws, remainingMs }: Situation): number {
  const cap = Math.min(policy.maxDelayMs, LONGEST_READY_WAIT_MS);
  const drawn = Math.floor(draws.take() * Math.min(cap, policy.baseDelayMs * 2 ** waits));
  const wait = endsTooLate(drawn, remainingMs) ? Math.floor(remainingMs / 2) : drawn;
  return wait < 1 ? 1 : wait;
}

// §3.7, §3.9. A number is drawn for every wait but that of a pushback, including one that is not
// begun.
function waitOf(retryClass: RetryClass, hint: Hint | undefined, situation: Situation): number {
  if (hint?.kind === "pushback") {
    return hint.ms;
  }
  const { policy, exponent, draws } = situation;
  const u = draws.take();
  const base = retryClass === "THROTTLE" ? policy.throttleDelayMs : policy.baseDelayMs;
  const computed = Math.floor(u * Math.min(policy.maxDelayMs, base * 2 ** exponent));
  if (hint === undefined || hint.kind === "stop") {
    return computed;
  }
  const jitter = Math.min(HINT_JITTER.capMs, hint.ms / HINT_JITTER.divisor);
  return Math.max(computed, hint.ms + Math.floor(u * jitter));
}
