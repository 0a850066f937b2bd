import type { PolicyConstants, Protocol } from "./policy.js";

/** No deadline: what is left is unbounded. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * The overall deadline of a call as a duration from its start, in
 * whole milliseconds: the smallest of the policy's timeout, the runtime's own
 * parameter and the ambient deadline less a margin, so that the child settles
 * before its parent does.
 */
export function overallTimeout(
  constants: PolicyConstants,
  policyMs: number | null,
  runtimeMs: number | undefined,
  ambientMs: number | undefined,
): number {
  return Math.floor(
    Math.min(
      policyMs ?? UNBOUNDED,
      runtimeMs ?? UNBOUNDED,
      ambientMs === undefined ? UNBOUNDED : ambientMs - constants.ambientMarginMs,
    ),
  );
}

/** What ends an attempt when its time is up. */
export type Limit = "deadline" | "attempt_timeout" | "first_message_timeout" | "idle_timeout";

/** How long something may take. */
export interface AttemptLimit {
  /** In milliseconds. */
  readonly limitMs: number;
  /** What it is that ends then. */
  readonly cause: Limit;
  /** The server is told this limit, rather than what the call has left. */
  readonly onWire: boolean;
}

/**
 * The nearer of two limits: what the call has left, and a limit for a part of
 * it.
 *
 * @param partMs - In milliseconds; `null` for none.
 * @param cause - What the limit of the part is called.
 */
export function attemptLimit(
  remainingMs: number,
  partMs: number | null,
  cause: Exclude<Limit, "deadline">,
): AttemptLimit {
  const limitMs = Math.floor(partMs ?? UNBOUNDED);
  return limitMs < remainingMs
    ? { limitMs, cause, onWire: cause === "attempt_timeout" }
    : { limitMs: remainingMs, cause: "deadline", onWire: true };
}

/**
 * What the server is told of the limit of an attempt, or of what the call has left
 * where that limit is ours alone: whole milliseconds, floored, of at most
 * 10 digits (Connect protocol, `Timeout-Milliseconds`). `undefined` is nothing,
 * `"expired"` is too little left to send anything.
 */
export function wireTimeout(
  constants: PolicyConstants,
  limit: AttemptLimit,
  remainingMs: number,
): number | undefined | "expired" {
  const limitMs = limit.onWire ? limit.limitMs : remainingMs;
  if (limitMs === UNBOUNDED) {
    return undefined;
  }
  if (limitMs < constants.minWireTimeoutMs) {
    return "expired";
  }
  return Math.min(Math.floor(limitMs), constants.maxWireTimeoutMs);
}

const GRPC_MAX_VALUE = 99_999_999;

/**
 * Sets the header that tells the server a limit of at most 10 digits. gRPC's has 8 and
 * a unit (gRPC over HTTP/2, `Timeout`): milliseconds, and where those are too
 * many, seconds, floored. Finer units would say nothing more of our limits.
 */
export function setTimeoutHeader(header: Headers, protocol: Protocol, ms: number): void {
  if (protocol === "connect") {
    header.set("connect-timeout-ms", String(ms));
  } else {
    const value = ms <= GRPC_MAX_VALUE ? `${ms}m` : `${Math.floor(ms / 1_000)}S`;
    header.set("grpc-timeout", value);
  }
}

/** Names of the headers that tell a server a limit, over whichever protocol. */
export const TIMEOUT_HEADERS = ["connect-timeout-ms", "grpc-timeout"] as const;

// Timers hold a signed 32-bit number; beyond it Node's fire at once.
const MAX_TIMER_MS = 2_147_483_647;

/**
 * What to set a timer to: whole milliseconds, saturated, never early. Whoever
 * sets it looks at the clock when it fires, so that a deadline beyond it holds.
 */
export function timerDelay(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS);
}

/**
 * When an attempt begins. No time passes within the turn in which the call began,
 * unless a provider took a millisecond of it.
 *
 * @param isFirst - Of the first attempt: whether a provider was asked.
 */
export function sendsAtMs(
  clock: { now(): number },
  startMs: number,
  isFirst: { readonly askedProvider: boolean } | false,
): number {
  if (isFirst !== false && !isFirst.askedProvider) {
    return startMs;
  }
  const nowMs = clock.now();
  return isFirst !== false && nowMs - startMs < 1 ? startMs : nowMs;
}
