import { entryPath, weigh } from "./bundle.js";
import { countRow, timeRow } from "./children.js";
import { NAMES } from "./goals.js";
import type { Hundred } from "./hundred.js";
import type { BundleResult, ImportResult, RowResult } from "./results.js";
import type { Row } from "./rows.js";
import { median } from "./stats.js";

/** Extent of a measurement. */
export interface Effort {
  readonly processes: number;
  readonly blocks: number;
  readonly importPairs: number;
  /** Of Go; benchstat compares from 4 on. */
  readonly goProcesses: number;
}

export const FULL: Effort = { processes: 7, blocks: 160, importPairs: 21, goProcesses: 12 };
export const QUICK: Effort = { processes: 3, blocks: 80, importPairs: 5, goProcesses: 6 };

/** Times and counts one row, each repetition in a process of its own. */
export async function measureRow(row: Row, effort: Effort): Promise<RowResult> {
  const base: number[] = [];
  const other: number[] = [];
  const ratios: number[] = [];
  // One after the other: they would disturb each other.
  for (let i = 0; i < effort.processes; i++) {
    const timed = await timeRow(row, effort.blocks);
    base.push(timed.base);
    other.push(timed.other);
    ratios.push(timed.other / timed.base);
  }
  const counted = await countRow(row);
  return {
    name: row.name,
    baseUs: median(base),
    otherUs: median(other),
    ratio: median(ratios),
    ratios: ratios.toSorted((a, b) => a - b),
    baseBytes: counted.base,
    otherBytes: counted.other,
  };
}

/**
 * Imports two things in turn, each time in a fresh process.
 *
 * @param time - Starts the process, and returns milliseconds.
 */
export async function measureImport<T>(
  name: string,
  imported: { readonly base: T; readonly other: T },
  { importPairs }: Effort,
  time: (imported: T) => Promise<number>,
): Promise<ImportResult> {
  const pairs: { base: number; other: number }[] = [];
  for (let pair = -1; pair < importPairs; pair++) {
    const base = await time(imported.base);
    const other = await time(imported.other);
    // The first pair fills the file system's cache, and writes byte code.
    if (pair >= 0) {
      pairs.push({ base, other });
    }
  }
  return {
    name,
    baseMs: median(pairs.map(({ base }) => base)),
    otherMs: median(pairs.map(({ other }) => other)),
    ratio: median(pairs.map(({ base, other }) => other / base)),
  };
}

/** Weighs every pair of bundles. */
export async function measureBundles({ web, loaded }: Hundred): Promise<BundleResult[]> {
  const one = await weigh(web.one);
  return [
    {
      name: NAMES.bundleSdk,
      base: await weigh(entryPath("bare_web")),
      other: await weigh(entryPath("sdk_web")),
    },
    { name: NAMES.bundleRoster, base: one, other: await weigh(web.roster) },
    { name: NAMES.bundleRosterLoaded, base: one, other: await weigh(web.roster, loaded) },
  ];
}
