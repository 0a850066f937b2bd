import { AsyncResource } from "node:async_hooks";
import { timerDelay } from "../policy/deadline.js";
import type { Expiring, LimitTimers, Timer } from "./runtime.js";

// Entry of the queue: a doubly linked list, so that leaving it is cheap.
interface Entry {
  /** Undefined once it has left. */
  target: Expiring | undefined;
  readonly dueMs: number;
  before: Entry | undefined;
  after: Entry | undefined;
}

/**
 * One timer of Node's for all limits, most of which are cleared long before they are reached. It is
 * set to the earliest; when that is cleared it stays, and then looks for the next. It keeps the
 * process alive only while there is a limit.
 */
export class TimerQueue implements LimitTimers {
  private last: Entry | undefined;
  private timer: NodeJS.Timeout | undefined;
  private firesAtMs = Number.POSITIVE_INFINITY;
  private madeBy: typeof setTimeout | undefined;

  /** @param now - Monotonic milliseconds. */
  constructor(private readonly now: () => number) {}

  keepContext(): (run: () => void) => void {
    const context = new AsyncResource("AmeideCall", { requireManualDestroy: true });
    return (run) => context.runInAsyncScope(run);
  }

  set(target: Expiring, dueMs: number): Timer {
    const { last } = this;
    const entry: Entry = { target, dueMs, before: last, after: undefined };
    this.last = entry;
    if (last === undefined) {
      this.wake();
    } else {
      last.after = entry;
    }
    if (dueMs < this.firesAtMs) {
      this.arm(dueMs);
    }
    return entry;
  }

  clear(timer: Timer): void {
    const entry = timer as Entry;
    const { before, after } = entry;
    if (after !== undefined) {
      after.before = before;
    } else if (this.last === entry) {
      this.last = before;
      if (before === undefined) {
        this.timer?.unref();
      }
    }
    if (before !== undefined) {
      before.after = after;
    }
    entry.target = undefined;
    entry.before = undefined;
    entry.after = undefined;
  }

  // The queue is no longer empty.
  private wake(): void {
    if (this.madeBy === setTimeout) {
      this.timer?.ref();
    } else {
      // A test may have replaced Node's timers, or removed them.
      this.timer?.unref();
      this.timer = undefined;
      this.firesAtMs = Number.POSITIVE_INFINITY;
    }
  }

  private arm(dueMs: number): void {
    if (this.timer !== undefined) {
      clearTimeout(this.timer);
    }
    this.firesAtMs = dueMs;
    this.madeBy = setTimeout;
    this.timer = setTimeout(this.fire, timerDelay(dueMs - this.now()));
  }

  private readonly fire = (): void => {
    this.timer = undefined;
    this.firesAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.now();
    const due: Entry[] = [];
    let earliestMs = Number.POSITIVE_INFINITY;
    for (let entry = this.last; entry !== undefined; entry = entry.before) {
      if (entry.dueMs <= nowMs) {
        due.push(entry);
      } else if (entry.dueMs < earliestMs) {
        earliestMs = entry.dueMs;
      }
    }
    if (earliestMs !== Number.POSITIVE_INFINITY) {
      this.arm(earliestMs);
    }
    // The earliest set comes first; one may clear others.
    for (const entry of due.reverse()) {
      const { target } = entry;
      if (target !== undefined) {
        this.clear(entry);
        target.expire();
      }
    }
  };
}
