import { timerDelay, UNBOUNDED } from "./deadline.js";
import type { Clock, Timer, TimerKind } from "./runtime.js";

/** The one timer a call has at a time: setting it anew clears what was set. */
export class CallTimer {
  private timer: Timer;

  constructor(private readonly clock: Clock) {}

  /**
   * Calls back once, when that many milliseconds have passed; never for
   * {@link UNBOUNDED}.
   */
  set(ms: number, kind: TimerKind, callback: () => void): void {
    this.clear();
    if (ms !== UNBOUNDED) {
      this.arm(this.clock.now() + ms, ms, kind, callback);
    }
  }

  clear(): void {
    if (this.timer !== undefined) {
      this.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }

  // A timer holds 32 bits, and Node's may fire a little early: look again.
  private arm(dueMs: number, ms: number, kind: TimerKind, callback: () => void): void {
    const fire = () => {
      const leftMs = dueMs - this.clock.now();
      if (leftMs > 0) {
        this.arm(dueMs, leftMs, kind, callback);
        return;
      }
      this.timer = undefined;
      callback();
    };
    this.timer = this.clock.setTimer(fire, timerDelay(ms), kind);
  }
}
