import { timerDelay, UNBOUNDED } from "./deadline.js";
import type { Clock, Timer, TimerKind } from "./runtime.js";

/** The one timer a call has at a time: setting it anew clears what was set. */
export class CallTimer {
  private timer: Timer;
  private dueMs = 0;
  private kind: TimerKind = "deadline";
  private callback: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * Calls back once, when that many milliseconds have passed; never for
   * {@link UNBOUNDED}.
   */
  set(ms: number, kind: TimerKind, callback: () => void): void {
    this.clear();
    if (ms !== UNBOUNDED) {
      this.dueMs = this.clock.now() + ms;
      this.kind = kind;
      this.callback = callback;
      this.arm(ms);
    }
  }

  clear(): void {
    if (this.timer !== undefined) {
      this.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }

  // A timer holds 32 bits, and Node's may fire a little early: look again.
  private readonly fire = (): void => {
    const leftMs = this.dueMs - this.clock.now();
    this.timer = undefined;
    if (leftMs > 0) {
      this.arm(leftMs);
    } else {
      this.callback?.();
    }
  };

  private arm(ms: number): void {
    this.timer = this.clock.setTimer(this.fire, timerDelay(ms), this.kind);
  }
}
