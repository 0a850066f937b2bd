import { createHistogram } from "node:perf_hooks";
import { nowMs } from "./records.js";

/** How late the event loop of a process was with its timers, in milliseconds. */
export interface DelaySeen {
  readonly p99: number;
  readonly max: number;
}

type Timers = Pick<typeof globalThis, "setTimeout" | "clearTimeout">;

const TICK_MS = 10;

/** Sees how late a timer fires that is set for every 10 ms. */
export class Delay {
  private histogram = createHistogram();
  private timer: NodeJS.Timeout | undefined;
  private starvedMs = 0;

  /** @param timers - Those of this process, or some that are not counted in it. */
  constructor(private readonly timers: Timers = globalThis) {}

  start(): void {
    const began = nowMs();
    this.timer = this.timers.setTimeout(() => {
      const late = Math.max(0, nowMs() - began - TICK_MS);
      this.histogram.record(Math.max(1, Math.round(late * 1_000)));
      // One tick is what any timer may be late.
      this.starvedMs += Math.max(0, late - TICK_MS);
      this.start();
    }, TICK_MS);
  }

  /** Time the process did not have since it was asked last. */
  take(): number {
    const starved = this.starvedMs;
    this.starvedMs = 0;
    return starved;
  }

  stop(): DelaySeen {
    this.timers.clearTimeout(this.timer);
    const ms = (microseconds: number) => Math.round(microseconds / 1_000);
    return { p99: ms(this.histogram.percentile(99)), max: ms(this.histogram.max) };
  }
}
