// Times the two contestants of one row in blocks that alternate. Prints one line of JSON.
import process from "node:process";
import { contestants, type Run } from "./contestants.js";
import { rowOf } from "./rows.js";
import { quantile } from "./stats.js";

/** Results of one process, in microseconds per call or message. */
export interface Timed {
  readonly base: number;
  readonly other: number;
}

const [name = "", blocks = "160"] = process.argv.slice(2);
const row = rowOf(name);
const base = contestants[row.base]();
const other = contestants[row.other]();
// Shorter than the time slice of a busy machine.
const runs = Math.ceil(100 / (row.per ?? 1));

// Both see the same machine: the order within a pair changes from pair to pair.
await block(base, runs * 30);
await block(other, runs * 30);
const found = { base: [] as number[], other: [] as number[] };
for (let pair = 0; pair < Number(blocks); pair++) {
  if (pair % 2 === 0) {
    found.base.push(await block(base, runs));
    found.other.push(await block(other, runs));
  } else {
    found.other.push(await block(other, runs));
    found.base.push(await block(base, runs));
  }
}
const result: Timed = { base: quantile(found.base, 0.1), other: quantile(found.other, 0.1) };
process.stdout.write(`${JSON.stringify(result)}\n`);

async function block(run: Run, times: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < times; i++) {
    await run();
  }
  return ((performance.now() - started) * 1_000) / times / (row.per ?? 1);
}
