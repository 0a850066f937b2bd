import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Counted } from "./bytes_process.js";
import type { Row } from "./rows.js";
import type { Timed } from "./time_process.js";

const execute = promisify(execFile);

// The young generation holds the largest block, so that nothing is collected while one runs.
const NO_COLLECTION = [
  "--expose-gc",
  "--min-semi-space-size=256",
  "--max-semi-space-size=256",
  // Or how soon code is optimized, which allocates less, depends on the other cores.
  "--single-threaded",
];

/** Times a row in a process of its own. */
export function timeRow(row: Row, blocks: number): Promise<Timed> {
  return run([program("time_process"), row.name, String(blocks)]);
}

/** Counts what a row allocates, in a process of its own. */
export function countRow(row: Row): Promise<Counted> {
  return run([...NO_COLLECTION, program("bytes_process"), row.name]);
}

/** Milliseconds it takes to import a module in a process of its own. */
export function timeImport(module: string): Promise<number> {
  return run([program("import_process"), module]);
}

async function run<T>(args: string[]): Promise<T> {
  // What a shell happens to set must not change what is measured.
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const env = Object.fromEntries(
    Object.entries(rest).filter(([name]) => !name.startsWith("AMEIDE_")),
  );
  const { stdout } = await execute(process.execPath, args, { env });
  return JSON.parse(stdout) as T;
}

function program(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
}
