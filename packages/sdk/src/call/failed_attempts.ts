import type { ConnectError } from "@connectrpc/connect";
import type { AttemptFailure } from "../errors/errors.js";
import type { Failure } from "../policy/failure.js";
import type { RetryClass, StopReason } from "../policy/retry.js";
import type { Attempt } from "./attempt.js";

/** Failed attempt, and its failure. */
export interface Failed {
  readonly attempt: Attempt;
  readonly failure: Failure;
  readonly retryClass: RetryClass;
  readonly error: ConnectError;
}

/** Outcome of a failed attempt: another one after a wait, or none. */
export type Followed =
  | { readonly delayMs: number; readonly transparent: boolean }
  | { readonly stopReason: StopReason };

/**
 * Returns the failed attempts of a call with one more. Of consecutive waits for a server only the
 * last is kept, as their number is unbounded.
 */
export function withAttempt(
  list: readonly AttemptFailure[],
  failed: Omit<AttemptFailure, "delayMs" | "transparent">,
  followed: Followed,
): readonly AttemptFailure[] {
  const { delayMs, transparent } =
    "delayMs" in followed ? followed : { delayMs: 0, transparent: false };
  const attempt = { ...failed, delayMs, transparent };
  const last = list.at(-1);
  const inOneWait = last !== undefined && isWait(last) && isWait(attempt);
  return [...(inOneWait ? list.slice(0, -1) : list), attempt];
}

// Other transparent retries follow at once.
function isWait({ transparent, delayMs }: AttemptFailure): boolean {
  return transparent && delayMs > 0;
}
