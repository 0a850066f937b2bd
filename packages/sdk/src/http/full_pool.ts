import { tell } from "../runtime/callbacks.js";
import type { Warn } from "../telemetry/log.js";
import type { Slots } from "./slots.js";

/** Minimum time between two warnings of a pool that is full again and again, in milliseconds. */
export const QUIET_MS = 60_000;

/** Warns that all connections to an origin are in use: once, until some are free. */
export class FullPool {
  private told = false;
  private quietUntilMs = 0;

  constructor(
    private readonly about: {
      readonly origin: string;
      readonly maxConnections: number;
      readonly slots: Slots;
      readonly warn: Warn;
    },
  ) {}

  /** Records that a call has begun to wait. */
  tell(): void {
    const { slots } = this.about;
    if (slots.waiting === 1) {
      this.told = false;
    }
    if (!this.told) {
      this.told = true;
      // The number of calls is known once all of this turn have come.
      setImmediate(() => this.say());
    }
  }

  private say(): void {
    const { origin, maxConnections, slots, warn } = this.about;
    const { waiting } = slots;
    const nowMs = performance.now();
    if (waiting === 0 || nowMs < this.quietUntilMs) {
      return;
    }
    this.quietUntilMs = nowMs + QUIET_MS;
    const calls = waiting === 1 ? "1 call waits" : `${waiting} calls wait`;
    const text = `ameide all ${maxConnections} connections to ${origin} are in use: ${calls} for one (maxConnections)`;
    tell(() => warn(text, { origin, maxConnections, waiting }));
  }
}
