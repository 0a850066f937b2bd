import { wait } from "./watch.js";

/** Heap growth that is more than noise, in bytes per call. */
export const BOUND_BYTES = 48;

/** The heap in use once nothing more can be collected, in bytes. */
export async function usedHeap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  // Finalizers run between collections, and what they end is closed some turns later.
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await wait(10);
  }
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/**
 * How much the heap grew with each call, in bytes: the median of the last third
 * of the blocks less that of the first third, over the calls between them.
 *
 * @param blocks - The heap in use after each block.
 */
export function growthPerCall(blocks: readonly number[], callsPerBlock: number): number {
  const third = Math.floor(blocks.length / 3);
  const between = blocks.length - third;
  const grown = median(blocks.slice(-third)) - median(blocks.slice(0, third));
  return grown / (between * callsPerBlock);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
