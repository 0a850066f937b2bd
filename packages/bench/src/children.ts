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
  // Without it, the time until code is optimized, which then allocates less, depends on the other
  // cores.
  "--single-threaded",
];

/** Times a row in a process of its own. */
export function timeRow(row: Row, blocks: number): Promise<Timed> {
  return run([program("time_process"), row.name, String(blocks)]);
}

/** Counts the allocations of a row, in a process of its own. */
export function countRow(row: Row): Promise<Counted> {
  return run([...NO_COLLECTION, program("bytes_process"), row.name]);
}

/** Measures the milliseconds to import a module in a process of its own. */
export function timeImport(module: string): Promise<number> {
  return run([program("import_process"), module]);
}

/** The environment of what is measured: what a shell happens to set must not change it. */
export function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, GOGC: __, GODEBUG: ___, ...rest } = process.env;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith("AMEIDE_")));
}

async function run<T>(args: string[]): Promise<T> {
  const { stdout } = await execute(process.execPath, args, { env: environment() });
  return JSON.parse(stdout) as T;
}

function program(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
}
