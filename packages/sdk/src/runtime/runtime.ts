import { BEHAVIOR_1, type PolicyConstants } from "../policy/policy.js";
import type { RandomBytes } from "./request_id.js";

/** A handle of a timer, opaque. */
export type Timer = unknown;

/** What a timer is for; a virtual clock tells sleeps from deadlines by it. */
export type TimerKind = "sleep" | "deadline";

/** The passing of time. All values are milliseconds. */
export interface Clock {
  /** Monotonic, from an arbitrary start. */
  now(): number;
  /** Since the Unix epoch. */
  wallNow(): number;
  /** Calls back once, after the given time. */
  setTimer(callback: () => void, ms: number, kind: TimerKind): Timer;
  clearTimer(timer: Timer): void;
  /** Undefined where sharing one timer saves nothing. */
  readonly limits?: LimitTimers;
}

/** Who is told that a limit has been reached. */
export interface Expiring {
  expire(): void;
}

/**
 * Timers that are mostly cleared before they fire, and fire in any async context.
 */
export interface LimitTimers {
  /** Returns what runs something in the async context it was made in. */
  keepContext(): (run: () => void) => void;
  /** @param dueMs - When, by the monotonic clock. */
  set(target: Expiring, dueMs: number): Timer;
  /** Clearing one that has fired does nothing. */
  clear(timer: Timer): void;
}

/** The three random streams, apart so that one does not shift another. */
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

/** The runtime's own time. */
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
 * Key of the platform on an options object. Only `/testing` sets it, so
 * that no application can come to depend on it.
 */
export const runtimeOption = Symbol.for("ameide.sdk.runtime");
