import type { Trial } from "./trial.js";

/** `1 try`, `3 tries` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `1.05 s` */
export function seconds(ms: number, digits = 2): string {
  return `${(ms / 1_000).toFixed(digits)} s`;
}

/** How a call ended that did not end well: `stopped: not_idempotent`, or its code. */
export function ending({ outcome, stopReason }: Trial): string {
  return stopReason === undefined ? outcome : `stopped: ${stopReason}`;
}
