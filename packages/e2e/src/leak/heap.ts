import { wait } from "./watch.js";

/** Heap growth that is more than noise, in bytes per call. */
export const BOUND_BYTES = 48;

/** The heap in use once nothing more can be collected, in bytes. */
export async function usedHeap(): Promise<number> {
  if (globalThis.gc === undefined) {
    throw new Error("run with --expose-gc");
  }
  // Finalizers run between collections, and the calls they end are closed some turns later.
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await wait(10);
  }
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/**
 * Returns how much the heap grew with each call, in bytes: the minimum of the last third of the
 * blocks less that of the first third, over the calls between them. Memory that a block leaves for
 * the next to release does not count: a leak raises the minimum too.
 *
 * @param blocks - Heap in use after each block.
 */
export function growthPerCall(blocks: readonly number[], callsPerBlock: number): number {
  const third = Math.floor(blocks.length / 3);
  const between = blocks.length - third;
  const grown = Math.min(...blocks.slice(-third)) - Math.min(...blocks.slice(0, third));
  return grown / (between * callsPerBlock);
}
