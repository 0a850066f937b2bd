import type { PolicyConstants } from "./policy.js";

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

/**
 * How long one attempt may take, in milliseconds. The attempt timeout cuts an
 * attempt only while another one may follow; otherwise the attempt has all
 * that remains.
 */
export function attemptLimit(
  remainingMs: number,
  attemptTimeoutMs: number | null,
  anotherMayFollow: boolean,
): { limitMs: number; cutsAttempt: boolean } {
  const attemptMs = Math.floor(attemptTimeoutMs ?? UNBOUNDED);
  if (anotherMayFollow && attemptMs < remainingMs) {
    return { limitMs: attemptMs, cutsAttempt: true };
  }
  return { limitMs: remainingMs, cutsAttempt: false };
}

/**
 * The value of the Connect timeout header: integer milliseconds, floored, of
 * at most 10 digits (Connect protocol, `Timeout-Milliseconds`). `undefined` is
 * no header, `"expired"` is too little left to send anything.
 */
export function wireTimeout(
  constants: PolicyConstants,
  limitMs: number,
): number | undefined | "expired" {
  if (limitMs === UNBOUNDED) {
    return undefined;
  }
  if (limitMs < constants.minWireTimeoutMs) {
    return "expired";
  }
  return Math.min(Math.floor(limitMs), constants.maxWireTimeoutMs);
}

// Timers hold a signed 32-bit number; beyond it Node's fire at once.
const MAX_TIMER_MS = 2_147_483_647;

/**
 * What to set a timer to: whole milliseconds, saturated, never early. Whoever
 * sets it looks at the clock when it fires, so that a deadline beyond it holds.
 */
export function timerDelay(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS);
}
