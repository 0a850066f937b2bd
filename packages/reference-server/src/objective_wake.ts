import { durationMs } from "@bufbuild/protobuf/wkt";
import type { WakeRetry } from "@ameideio/core-proto/ameide/objectives/v1";

const MAX_ATTEMPTS = 5;
const BASE_DELAY_MS = 60_000;
const MAX_DELAY_MS = 24 * 60 * 60_000;

/** Returns how often an objective may be woken. */
export function maxAttempts(retry: WakeRetry | undefined): number {
  return retry?.maxAttempts || MAX_ATTEMPTS;
}

/**
 * Returns how long an objective sleeps, in milliseconds.
 *
 * @param attempt - How often it was woken before.
 */
export function sleepMs(retry: WakeRetry | undefined, attempt: number): number {
  const base = retry?.baseDelay ? durationMs(retry.baseDelay) : BASE_DELAY_MS;
  const most = retry?.maxDelay ? durationMs(retry.maxDelay) : Math.max(base, MAX_DELAY_MS);
  return Math.min(most, base * 2 ** attempt);
}
