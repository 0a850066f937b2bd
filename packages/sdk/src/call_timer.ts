import { type Limit, timerDelay, UNBOUNDED } from "./deadline.js";
import type { Clock, Timer } from "./runtime.js";

/** The one timer a call has at a time: setting it anew clears what was set. */
export class CallTimer {
  private timer: Timer;
  private dueMs = 0;
  private outcome: Limit | (() => void) = "deadline";

  /** @param call - Is told which limit has been reached. */
  constructor(
    private readonly clock: Clock,
    private readonly call: { cut(limit: Limit): void },
  ) {}

  /** Ends the call in that many milliseconds; never for {@link UNBOUNDED}. */
  limit(ms: number, limit: Limit): void {
    this.set(ms, limit);
  }

  /** Calls back once, when that many milliseconds have passed. */
  sleep(ms: number, wake: () => void): void {
    this.set(ms, wake);
  }

  clear(): void {
    if (this.timer !== undefined) {
      this.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }

  private set(ms: number, outcome: Limit | (() => void)): void {
    this.clear();
    if (ms !== UNBOUNDED) {
      this.dueMs = this.clock.now() + ms;
      this.outcome = outcome;
      this.arm(ms);
    }
  }

  private arm(ms: number): void {
    const kind = typeof this.outcome === "function" ? "sleep" : "deadline";
    this.timer = this.clock.setTimer(this.fire, timerDelay(ms), kind);
  }

  // A timer holds 32 bits, and Node's may fire a little early: look again.
  private readonly fire = (): void => {
    const leftMs = this.dueMs - this.clock.now();
    this.timer = undefined;
    if (leftMs > 0) {
      this.arm(leftMs);
    } else if (typeof this.outcome === "function") {
      this.outcome();
    } else {
      this.call.cut(this.outcome);
    }
  };
}
