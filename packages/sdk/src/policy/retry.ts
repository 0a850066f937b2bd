import { retryCost } from "./budget.js";
import type { BudgetValues, PolicyConstants, PolicyValues } from "./policy.js";
import type { Failure } from "./failure.js";
import { hintDelay } from "./server_hints.js";

/** Class of a failure, for deciding about a retry. */
export type RetryClass = "NOT_SENT" | "AMBIGUOUS" | "THROTTLE" | "TRANSIENT" | "NEVER";

/** Reasons for not trying a failed call again. */
export type StopReason =
  | "canceled"
  | "committed"
  | "not_retryable"
  | "not_idempotent"
  | "server_pushback"
  | "attempts"
  | "server_delay"
  | "deadline"
  | "budget";

/** Returns the class of a failure; the first that matches. */
export function classify(failure: Failure, retryableCodes: readonly string[]): RetryClass {
  if (failure.origin === "client" || failure.mismatch !== undefined) {
    return "NEVER";
  }
  if (failure.sent === "no") {
    return "NOT_SENT";
  }
  if (failure.attemptTimedOut || failure.sent === "maybe") {
    return "AMBIGUOUS";
  }
  if (failure.httpStatus === 429 && !failure.wireError) {
    return "THROTTLE";
  }
  if (failure.code === "resource_exhausted" && hintDelay(failure.hint) !== undefined) {
    return "THROTTLE";
  }
  if (failure.code === "unavailable" || retryableCodes.includes(failure.code)) {
    return "TRANSIENT";
  }
  return "NEVER";
}

/**
 * Reports whether a second execution would do no harm: the method says so, or the request carries
 * something to deduplicate on.
 */
function isRepeatable(policy: PolicyValues, keySent: boolean): boolean {
  return policy.idempotency !== "unknown" || keySent;
}

/**
 * The method gate: reports whether the proto of a method allows a retry after a failure of this
 * class. A method of unknown idempotency is repeated only if the server cannot have seen the
 * request, asks for it in an error of its own, or gets an idempotency key; the server's asking does
 * not count with `requireIdempotency`.
 */
export function gate(
  retryClass: RetryClass,
  policy: PolicyValues,
  keySent: boolean,
  failure?: Failure,
): boolean {
  if (isRepeatable(policy, keySent) || retryClass === "NOT_SENT") {
    return true;
  }
  return !policy.requireIdempotency && failure !== undefined && asksToComeBack(failure);
}

// A complete answer that is an error. A gateway that throttles (429, no error of the protocol) and
// says until when has not passed the request on.
function asksToComeBack({ hint, sent, httpStatus, wireError, unread }: Failure): boolean {
  if (sent !== "yes" || hint === undefined || hint.kind === "stop") {
    return false;
  }
  const fromGateway = httpStatus === 429 && !wireError && !unread;
  return hint.kind === "pushback" || hint.from === "retry_info" || fromGateway;
}

/** The retries a call has used so far. */
export interface RetryState {
  /** Attempts that count: all but those followed by a transparent retry. */
  readonly attempts: number;
  /** Counted retries since the last pushback. */
  readonly exponent: number;
  /** True once the only transparent retry has been used, or could not be paid. */
  readonly transparent: boolean;
  /** Waits for a server since an attempt last reached one. */
  readonly waits: number;
}

/** State of a new call. */
export const NO_ATTEMPTS: RetryState = {
  attempts: 0,
  exponent: 0,
  transparent: false,
  waits: 0,
};

const FIRST_ATTEMPT: RetryState = { ...NO_ATTEMPTS, attempts: 1 };

/** Returns the state of a call with one more attempt. */
export function withNextAttempt(state: RetryState): RetryState {
  return state === NO_ATTEMPTS ? FIRST_ATTEMPT : { ...state, attempts: state.attempts + 1 };
}

/** Decision after a failed attempt. */
export type Decision =
  | {
      readonly retry: true;
      /** Wait before the next attempt, in milliseconds. */
      readonly delayMs: number;
      /** Cost in tokens of the budget. */
      readonly cost: number;
      readonly transparent: boolean;
      /** State after the retry. */
      readonly next: RetryState;
    }
  | { readonly retry: false; readonly stopReason: StopReason };

/**
 * State of a call's input: it can be sent again, as the single message of unary calls and server
 * streams can; or it is a stream of which nothing, or something, was sent.
 */
export type InputState = "replayable" | "unsent" | "consumed";

/** Facts that a decision depends on. */
export interface Situation {
  readonly constants: PolicyConstants;
  readonly policy: PolicyValues;
  readonly budget: { readonly tokens: number; readonly values: BudgetValues };
  readonly failure: Failure;
  readonly retryClass: RetryClass;
  readonly state: RetryState;
  /** True if an idempotency key is sent. */
  readonly keySent: boolean;
  readonly input: InputState;
  /** True if messages of a stream reached the application. */
  readonly committed: boolean;
  /** Milliseconds to the deadline; infinite without one. */
  readonly remainingMs: number;
}

/**
 * Decides whether another attempt follows a failed one. Draws one random number, uniform in [0, 1),
 * for each wait it computes.
 */
export function decide(s: Situation, random: () => number): Decision {
  const { failure, policy, retryClass, state } = s;
  if (failure.ended && failure.code === "canceled") {
    return stop("canceled");
  }
  if (failure.ended && failure.origin === "client") {
    return stop("deadline");
  }
  if (s.committed) {
    return stop("committed");
  }
  if (retryClass === "NEVER") {
    return stop("not_retryable");
  }
  const sendable = s.input === "replayable" || (s.input === "unsent" && retryClass === "NOT_SENT");
  if (!sendable || !gate(retryClass, policy, s.keySent, failure)) {
    return stop("not_idempotent");
  }
  if (failure.hint?.kind === "stop") {
    return stop("server_pushback");
  }
  if (!policy.retry) {
    return stop("attempts");
  }
  if (retryClass === "NOT_SENT") {
    if (!state.transparent && (canPay(s, atOnceCost(s)) || !policy.waitForReady)) {
      return transparentRetry(s);
    }
    if (policy.waitForReady) {
      return waitForReady(s, random());
    }
  }
  if (state.attempts >= policy.maxAttempts) {
    return stop("attempts");
  }
  const asked = hintDelay(failure.hint);
  if (asked !== undefined && (asked > policy.maxServerDelayMs || asked >= s.remainingMs)) {
    return stop("server_delay");
  }
  const pushback = failure.hint?.kind === "pushback";
  const delayMs = pushback ? (asked as number) : computedDelay(s, asked, random());
  const cost = retryCost(s.budget.values, retryClass === "THROTTLE");
  const next = { ...state, exponent: pushback ? 0 : state.exponent + 1, waits: 0 };
  return paid(s, { retry: true, delayMs, cost, transparent: false, next });
}

// Once per call, at once, and at the cost of a retry after a throttle: the server did no work.
function transparentRetry(s: Situation): Decision {
  const next = { ...uncounted(s.state), transparent: true };
  return paid(s, { retry: true, delayMs: 0, cost: atOnceCost(s), transparent: true, next });
}

// Costs nothing, since a server that cannot be reached gets no load from it. A wait beyond the
// call's time is shortened to leave time to send.
function waitForReady(s: Situation, u: number): Decision {
  const { baseDelayMs, maxDelayMs } = s.policy;
  const capMs = Math.min(maxDelayMs, s.constants.maxReadyDelayMs);
  const drawnMs = Math.floor(u * Math.min(capMs, baseDelayMs * 2 ** s.state.waits));
  const waitMs = isInTime(s, drawnMs) ? drawnMs : Math.floor(s.remainingMs / 2);
  // Each wait takes some time, so that there is an end.
  const delayMs = Math.max(1, waitMs);
  const next = { ...uncounted(s.state), transparent: true, waits: s.state.waits + 1 };
  return paid(s, { retry: true, delayMs, cost: 0, transparent: true, next });
}

/**
 * Reports whether a call that waits for a server has no time for another attempt. It fails as if
 * its deadline had ended it, whichever came first (gRPC's wait for ready).
 */
export function waitsOut(decision: Decision, { policy, retryClass }: Situation): boolean {
  const isLate = !decision.retry && decision.stopReason === "deadline";
  return isLate && policy.waitForReady && retryClass === "NOT_SENT";
}

// The failed attempt does not count, so the number goes back by one.
function uncounted(state: RetryState): RetryState {
  return { ...state, attempts: state.attempts - 1 };
}

function atOnceCost({ budget }: Situation): number {
  return retryCost(budget.values, true);
}

function canPay({ budget }: Situation, cost: number): boolean {
  return budget.tokens >= cost;
}

function isInTime({ remainingMs, constants }: Situation, delayMs: number): boolean {
  return delayMs < remainingMs - constants.deadlineMarginMs;
}

function paid(s: Situation, retry: Decision & { retry: true }): Decision {
  if (!isInTime(s, retry.delayMs)) {
    return stop("deadline");
  }
  return canPay(s, retry.cost) ? retry : stop("budget");
}

function stop(stopReason: StopReason): Decision {
  return { retry: false, stopReason };
}

// Full jitter over an exponential base; a hint is a floor, with jitter of its own.
function computedDelay(s: Situation, asked: number | undefined, u: number): number {
  const base = s.retryClass === "THROTTLE" ? s.policy.throttleDelayMs : s.policy.baseDelayMs;
  const backoff = Math.floor(u * Math.min(s.policy.maxDelayMs, base * 2 ** s.state.exponent));
  if (asked === undefined) {
    return backoff;
  }
  const { hintJitterCapMs, hintJitterDivisor } = s.constants;
  return Math.max(
    backoff,
    asked + Math.floor(u * Math.min(hintJitterCapMs, asked / hintJitterDivisor)),
  );
}

/**
 * Reports whether a refused credential is answered with a replay: once per call, if an attempt is
 * left, whatever the method's idempotency, since the server did not act. The exceptions are an
 * answer that says not to send the call again, and `requireIdempotency` for a call that is not
 * repeatable. A replay takes an attempt, but neither budget nor a wait.
 */
export function mayReplayWithNewToken(s: {
  failure: Failure;
  policy: PolicyValues;
  state: RetryState;
  keySent: boolean;
  replayed: boolean;
  input: InputState;
  committed: boolean;
}): boolean {
  return (
    s.failure.code === "unauthenticated" &&
    s.failure.origin === "server" &&
    s.failure.hint?.kind !== "stop" &&
    !s.failure.sentAgain &&
    s.policy.retry &&
    (!s.policy.requireIdempotency || isRepeatable(s.policy, s.keySent)) &&
    !s.replayed &&
    !s.committed &&
    s.input !== "consumed" &&
    s.state.attempts < s.policy.maxAttempts
  );
}

/**
 * Reports whether a GET was refused as too long, by 414 (URI Too Long) or 431 (Request Header
 * Fields Too Large), which a server may answer to a long address too. If retries are on, it is sent
 * again as POST, which takes no attempt, no budget and no wait.
 *
 * @param method - HTTP method of the request.
 */
export function isGetTooLong({ httpStatus, origin }: Failure, method: string | undefined): boolean {
  return (httpStatus === 414 || httpStatus === 431) && origin === "server" && method === "GET";
}
