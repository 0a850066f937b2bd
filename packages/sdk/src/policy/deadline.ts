import type { PolicyConstants, Protocol } from "./policy.js";

/** Time left without a deadline. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * Returns the overall deadline of a call as whole milliseconds from its start: the smallest of the
 * policy's timeout, the runtime's own parameter, and the ambient deadline less a margin, so that
 * the child settles before its parent.
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

/** Limits that can end an attempt. */
export type Limit = "deadline" | "attempt_timeout" | "first_message_timeout" | "idle_timeout";

/** Time limit of an attempt. */
export interface AttemptLimit {
  /** In milliseconds. */
  readonly limitMs: number;
  /** Name of the limit. */
  readonly cause: Limit;
  /** True if the server is told this limit instead of the time the call has left. */
  readonly onWire: boolean;
}

/**
 * Returns the nearer of two limits: the time the call has left, and a limit for a part of it.
 *
 * @param partMs - Limit of the part in milliseconds; `null` for none.
 * @param cause - Name of that limit.
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
 * Returns the limit that the server is told: that of the attempt, or the time the call has left if
 * the limit is the client's alone. Whole milliseconds, rounded down, of at most 10 digits (Connect
 * protocol, `Timeout-Milliseconds`). `undefined` means no header, `"expired"` that too little is
 * left to send anything.
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
 * Sets the header that tells the server a limit of at most 10 digits. gRPC's has 8 and a unit (gRPC
 * over HTTP/2, `Timeout`): milliseconds, and seconds, rounded down, if those are too many. Finer
 * units would add nothing to the SDK's limits.
 */
export function setTimeoutHeader(header: Headers, protocol: Protocol, ms: number): void {
  if (protocol === "connect") {
    header.set("connect-timeout-ms", String(ms));
  } else {
    const value = ms <= GRPC_MAX_VALUE ? `${ms}m` : `${Math.floor(ms / 1_000)}S`;
    header.set("grpc-timeout", value);
  }
}

/** Names of the headers that tell a server a limit, in all protocols. */
export const TIMEOUT_HEADERS = ["connect-timeout-ms", "grpc-timeout"] as const;

// Timers hold a signed 32-bit number; Node's fire at once above it.
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Returns the delay to set a timer to: whole milliseconds, bounded, never early. The caller checks
 * the clock when it fires, so that a later deadline holds.
 */
export function timerDelay(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS);
}

/**
 * Returns the start of an attempt. No time passes within the turn in which the call began, unless a
 * provider took a millisecond of it.
 *
 * @param isFirst - For the first attempt, whether a provider was asked; otherwise false.
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
