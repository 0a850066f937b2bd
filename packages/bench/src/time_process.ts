// Times the two contestants of one row in blocks that alternate. Prints one line of JSON.
import process from "node:process";
import { contestants, type Run } from "./contestants.js";
import { rowOf } from "./rows.js";
import { quantile } from "./stats.js";

/** What one process found, in microseconds per call or message. */
export interface Timed {
  readonly base: number;
  readonly other: number;
}

const [name = "", blocks = "60"] = process.argv.slice(2);
const row = rowOf(name);
const base = contestants[row.base]();
const other = contestants[row.other]();
const runs = Math.ceil(200 / (row.per ?? 1));

// Both see the same machine: the order within a pair changes from pair to pair.
await block(base, runs * 15);
await block(other, runs * 15);
const times = { base: [] as number[], other: [] as number[] };
for (let pair = 0; pair < Number(blocks); pair++) {
  if (pair % 2 === 0) {
    times.base.push(await block(base, runs));
    times.other.push(await block(other, runs));
  } else {
    times.other.push(await block(other, runs));
    times.base.push(await block(base, runs));
  }
}
const result: Timed = { base: quantile(times.base, 0.1), other: quantile(times.other, 0.1) };
console.log(JSON.stringify(result));

async function block(run: Run, times: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < times; i++) {
    await run();
  }
  return ((performance.now() - started) * 1_000) / times / (row.per ?? 1);
}
