import { type Limit, timerDelay, UNBOUNDED } from "../policy/deadline.js";
import type { Clock, Expiring, Timer } from "../runtime/runtime.js";

/** Holds the one timer that a call has at a time: setting it again clears the one before. */
export class CallTimer implements Expiring {
  private timer: Timer;
  private limitTimer: Timer;
  private dueMs = 0;
  private outcome: Limit | (() => void) = "deadline";
  private fire: (() => void) | undefined;
  private inContext: ((run: () => void) => void) | undefined;

  /** @param call - Receives the limit that has been reached. */
  constructor(
    private readonly clock: Clock,
    private readonly call: { abort(limit: Limit): void },
  ) {}

  /** Keeps the call's async context once, for a call that sets many limits. */
  keepContext(): void {
    this.inContext = this.clock.limits?.keepContext();
  }

  /**
   * Ends the call in `ms` milliseconds; never for {@link UNBOUNDED}.
   *
   * @param anywhere - True if the call may be told in any async context.
   */
  limit(ms: number, limit: Limit, nowMs: number = this.clock.now(), anywhere = false): void {
    if (this.inContext === undefined && !anywhere) {
      this.set(ms, limit, nowMs);
    } else {
      this.limitAnywhere(ms, limit, nowMs);
    }
  }

  private limitAnywhere(ms: number, limit: Limit, nowMs: number): void {
    const { limits } = this.clock;
    if (limits === undefined) {
      this.set(ms, limit, nowMs);
      return;
    }
    // The new one first: a queue that is empty in between lets go of its timer.
    const timer = ms === UNBOUNDED ? undefined : limits.set(this, nowMs + ms);
    this.clear();
    this.outcome = limit;
    this.limitTimer = timer;
  }

  /** Calls back once, in `ms` milliseconds. */
  sleep(ms: number, wake: () => void): void {
    this.set(ms, wake, this.clock.now());
  }

  clear(): void {
    if (this.timer !== undefined) {
      this.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
    if (this.limitTimer !== undefined) {
      this.clock.limits?.clear(this.limitTimer);
      this.limitTimer = undefined;
    }
  }

  expire(): void {
    this.timer = undefined;
    this.limitTimer = undefined;
    const { outcome, inContext } = this;
    if (typeof outcome === "function") {
      outcome();
    } else if (inContext === undefined) {
      this.call.abort(outcome);
    } else {
      inContext(() => this.call.abort(outcome));
    }
  }

  private set(ms: number, outcome: Limit | (() => void), nowMs: number): void {
    this.clear();
    if (ms !== UNBOUNDED) {
      this.dueMs = nowMs + ms;
      this.outcome = outcome;
      this.arm(ms);
    }
  }

  private arm(ms: number): void {
    const kind = typeof this.outcome === "function" ? "sleep" : "deadline";
    // A timer holds 32 bits, and Node's may fire a little early, so the time is checked again.
    this.fire ??= () => {
      const leftMs = this.dueMs - this.clock.now();
      if (leftMs > 0) {
        this.arm(leftMs);
      } else {
        this.expire();
      }
    };
    this.timer = this.clock.setTimer(this.fire, timerDelay(ms), kind);
  }
}
