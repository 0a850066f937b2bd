import { aBoolean, aNumber, checkTestOptions, checkTestValue } from "./check_test_options.js";
import type { Clock, Timer, TimerKind } from "./runtime.js";

/** A clock that a test moves, or that moves by itself. */
export interface VirtualClock extends Clock {
  /** Advances time, firing due timers in order. */
  advance(ms: number): Promise<void>;
  /** Every wait between attempts so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Number of timers that are set and have not fired. */
  readonly pending: number;
  /** Every delay a timer was set to, in order. */
  readonly timers: readonly { readonly kind: TimerKind; readonly ms: number }[];
}

/** Behavior of a virtual clock. */
export interface VirtualClockOptions {
  /** Epoch milliseconds at the start. Default 2026-01-01T00:00:00Z. */
  readonly wallStartMs?: number | undefined;
  /** Let waits between attempts pass at once. Default true. */
  readonly skipSleeps?: boolean | undefined;
  /**
   * Let all time pass by itself: whenever nothing else can go on, the clock jumps to the next
   * timer. Deadlines fire, waits end, and a handler may wait on `setTimer` too; all in the order of
   * time, at the same millisecond in every run, thousands of calls a second. Activity outside of
   * JavaScript (sockets, files, compression, code being loaded) is not seen: avoid it, or the clock
   * runs ahead of it. `skipSleeps` has no effect then. Default false.
   */
  readonly autoAdvance?: boolean | undefined;
}

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

// Looked up instead of imported, since browsers run this too.
const platform = globalThis as {
  readonly process?: Pick<typeof process, "getBuiltinModule">;
  readonly setImmediate?: (callback: () => void) => unknown;
};
const asyncHooks = platform.process?.getBuiltinModule?.("node:async_hooks");
const soon = (callback: () => void): unknown =>
  platform.setImmediate?.(callback) ?? setTimeout(callback, 0);

/** Binds a callback to the current async context, where there are such contexts. */
function bound(callback: () => void): () => void {
  return asyncHooks === undefined ? callback : asyncHooks.AsyncResource.bind(callback);
}

const RULES = { wallStartMs: aNumber, skipSleeps: aBoolean, autoAdvance: aBoolean };

const A_TIME = {
  text: "must be a number of milliseconds, 0 or more",
  holds: (value: unknown) => Number.isFinite(value) && (value as number) >= 0,
};

/**
 * Creates a virtual clock. Deadlines fire only when the test advances time, or, with `autoAdvance`,
 * when nothing else is left to do. A callback runs in the async context its timer was set in, as
 * with real timers.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  checkTestOptions("time", options, RULES);
  const wallStartMs = options.wallStartMs ?? Date.UTC(2026, 0, 1);
  const autoAdvance = options.autoAdvance ?? false;
  const skipSleeps = !autoAdvance && (options.skipSleeps ?? true);
  const pending = new Set<Pending>();
  const sleeps: number[] = [];
  const timers: { kind: TimerKind; ms: number }[] = [];
  let nowMs = 0;
  let changes = 0;
  let watching = false;

  function add(callback: () => void, ms: number): Pending {
    const timer = { dueMs: nowMs + ms, callback: bound(callback) };
    pending.add(timer);
    changes++;
    if (autoAdvance && !watching) {
      watching = true;
      soon(() => watch(-1));
    }
    return timer;
  }

  function fire(timer: Pending): void {
    pending.delete(timer);
    changes++;
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.callback();
  }

  // Returns the earliest timer; of several, the one set first.
  function earliest(): Pending | undefined {
    let found: Pending | undefined;
    for (const timer of pending) {
      if (found === undefined || timer.dueMs < found.dueMs) {
        found = timer;
      }
    }
    return found;
  }

  // Jumps after a turn of the event loop in which no timer was set or cleared: all code that could
  // go on has done so by then, and waits for a timer.
  function watch(seen: number): void {
    const next = seen === changes ? earliest() : undefined;
    if (next !== undefined) {
      fire(next);
    }
    watching = pending.size > 0;
    if (watching) {
      const seenNow = changes;
      soon(() => watch(seenNow));
    }
  }

  async function runUntil(targetMs: number): Promise<void> {
    for (;;) {
      const next = earliest();
      if (next === undefined || next.dueMs > targetMs) {
        break;
      }
      fire(next);
      // The callback may have started code that sets timers.
      await new Promise((resolve) => soon(resolve as () => void));
    }
    nowMs = Math.max(nowMs, targetMs);
  }

  function setTimer(callback: () => void, ms: number, kind: TimerKind): Timer {
    const timer = add(callback, ms);
    timers.push({ kind, ms });
    if (kind === "sleep") {
      sleeps.push(ms);
      if (skipSleeps) {
        soon(() => pending.has(timer) && fire(timer));
      }
    }
    return timer;
  }

  function clearTimer(timer: Timer): void {
    pending.delete(timer as Pending);
    changes++;
  }

  return {
    now: () => nowMs,
    wallNow: () => wallStartMs + nowMs,
    setTimer,
    clearTimer,
    limits: {
      // The timers themselves keep the context.
      keepContext: () => (run) => run(),
      set(target, dueMs) {
        const ms = Math.max(0, Math.ceil(dueMs - nowMs));
        timers.push({ kind: "deadline", ms });
        return add(() => target.expire(), ms);
      },
      clear: clearTimer,
    },
    advance(ms) {
      checkTestValue("advance", ms, A_TIME);
      return autoAdvance ? new Promise((resolve) => void add(resolve, ms)) : runUntil(nowMs + ms);
    },
    get sleeps() {
      return sleeps;
    },
    get timers() {
      return timers;
    },
    get pending() {
      return pending.size;
    },
  };
}
