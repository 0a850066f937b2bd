import { BEHAVIOR_1, type PolicyConstants } from "../policy/policy.js";
import type { RandomBytes } from "./request_id.js";

/** Opaque handle of a timer. */
export type Timer = unknown;

/** Purpose of a timer; a virtual clock tells sleeps from deadlines by it. */
export type TimerKind = "sleep" | "deadline";

/** Source of time. All values are milliseconds. */
export interface Clock {
  /** Returns monotonic time from an arbitrary start. */
  now(): number;
  /** Returns the time since the Unix epoch. */
  wallNow(): number;
  /** Calls back once, after the given time. */
  setTimer(callback: () => void, ms: number, kind: TimerKind): Timer;
  clearTimer(timer: Timer): void;
  /** Undefined where sharing one timer saves nothing. */
  readonly limits?: LimitTimers;
}

/** Receiver of the news that a limit has been reached. */
export interface Expiring {
  expire(): void;
}

/**
 * Timers that are mostly cleared before they fire, and fire in any async context.
 */
export interface LimitTimers {
  /** Returns a function that runs a callback in the async context of this call. */
  keepContext(): (run: () => void) => void;
  /** @param dueMs - Time to fire, by the monotonic clock. */
  set(target: Expiring, dueMs: number): Timer;
  /** Clears a timer; one that has fired is ignored. */
  clear(timer: Timer): void;
}

/** Three random streams, separate so that one does not shift another. */
export interface Randomness {
  /** Uniform in [0, 1), one draw for each counted retry. */
  readonly backoff: () => number;
  /** Uniform in [0, 1), one draw for each token. */
  readonly authJitter: () => number;
  /** Bytes of request ids and idempotency keys. */
  bytes: RandomBytes;
}

/** Everything the SDK takes from its platform. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Randomness;
  readonly constants: PolicyConstants;
}

/** Time of the runtime itself. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, ms) => setTimeout(callback, ms),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

// One system call fills many ids.
const pool = new Uint8Array(4_096);
let used = pool.length;
const ID_BYTES = 16;
const scratch = new Uint8Array(ID_BYTES);

function randomBytes(length: number): Uint8Array {
  if (used + length > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += length;
  if (length !== ID_BYTES) {
    return pool.slice(used - length, used);
  }
  for (let i = 0; i < ID_BYTES; i++) {
    scratch[i] = pool[used - ID_BYTES + i] as number;
  }
  return scratch;
}

/** The real platform. */
export const systemRuntime: Runtime = {
  clock: systemClock,
  random: { backoff: Math.random, authJitter: Math.random, bytes: randomBytes },
  constants: BEHAVIOR_1,
};

/**
 * Key of the platform on an options object. Only `/testing` sets it, so that no application can
 * depend on it.
 */
export const runtimeOption = Symbol.for("ameide.sdk.runtime");
