// Counts the bytes that the two contestants of one row allocate. Prints one line of JSON.
//
// The young generation holds a whole block, so that nothing is collected while it runs and the
// growth of the heap is the allocation, to the byte. Sampling profilers estimate, and V8's own
// counters are not in Node.js 20.
import { PerformanceObserver } from "node:perf_hooks";
import process from "node:process";
import { contestants, type Run } from "./contestants.js";
import { rowOf } from "./rows.js";
import { median } from "./stats.js";

/** Bytes per call or message. */
export interface Counted {
  readonly base: number;
  readonly other: number;
}

const [name = ""] = process.argv.slice(2);
const row = rowOf(name);
const warmUp = runsFor(10_000);
// The heap grows by whole pages: in shorter blocks one page is 100 bytes a message.
const runs = runsFor(2_500);
const { gc } = globalThis;
if (gc === undefined) {
  throw new Error("start node with --expose-gc and a large --min-semi-space-size");
}
const collect = (): void => {
  gc();
};
const collections = new PerformanceObserver(() => {});
collections.observe({ entryTypes: ["gc"] });

const counted: Counted = {
  base: await bytesOf(contestants[row.base]()),
  other: await bytesOf(contestants[row.other]()),
};
process.stdout.write(`${JSON.stringify(counted)}\n`);

async function bytesOf(run: Run): Promise<number> {
  // Code that is not optimized yet allocates more.
  await repeat(run, warmUp);
  const found: number[] = [];
  while (found.length < 9) {
    collect();
    await new Promise(setImmediate);
    collections.takeRecords();
    const before = process.memoryUsage();
    await repeat(run, runs);
    const after = process.memoryUsage();
    await new Promise(setImmediate);
    if (collections.takeRecords().length > 0) {
      throw new Error("a collection ran inside a block: the young generation is too small");
    }
    const heap = after.heapUsed - before.heapUsed + after.external - before.external;
    found.push(heap / runs / (row.per ?? 1));
  }
  return Math.round(median(found));
}

function runsFor(calls: number): number {
  return Math.ceil(calls / (row.per ?? 1));
}

async function repeat(run: Run, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await run();
  }
}
