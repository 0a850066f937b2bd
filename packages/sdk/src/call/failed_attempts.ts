import type { ConnectError } from "@connectrpc/connect";
import type { AttemptFailure } from "../errors/errors.js";
import type { Failure } from "../policy/failure.js";
import type { RetryClass, StopReason } from "../policy/retry.js";
import type { Attempt } from "./attempt.js";

/** An attempt that failed, and how. */
export interface Failed {
  readonly attempt: Attempt;
  readonly failure: Failure;
  readonly retryClass: RetryClass;
  readonly error: ConnectError;
}

/** What followed a failed attempt: another, after a wait, or nothing. */
export type Followed =
  | { readonly delayMs: number; readonly transparent: boolean }
  | { readonly stopReason: StopReason };

/**
 * The failed attempts of a call with one more. Of those that follow each other while a
 * call waits for a server the last is kept: there is no bound to how many there are.
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

// What else is transparent follows at once.
function isWait({ transparent, delayMs }: AttemptFailure): boolean {
  return transparent && delayMs > 0;
}
