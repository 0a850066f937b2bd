import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Column } from "./matrix.js";

const RESULTS = new URL("../../.results/", import.meta.url);

/**
 * Writes the results for machines: `packages/e2e/.results/runtimes.json`,
 * `{"columns":[{"runtime","entry","version","checks":[{"check","result","why"}]}]}`, with `missing`
 * or `crashed` in place of the last two if there are no results.
 *
 * @returns Its path.
 */
export async function writeReport(columns: readonly Column[]): Promise<string> {
  const report = {
    columns: columns.map(({ runtime, entry, seen }) => ({
      runtime: runtime.id,
      entry,
      ...("outcomes" in seen ? { version: seen.version, checks: seen.outcomes } : seen),
    })),
  };
  await mkdir(RESULTS, { recursive: true });
  const path = fileURLToPath(new URL("runtimes.json", RESULTS));
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}

/** Lists the problems of a column: broken checks and crashes, in full; empty if there are none. */
export function problemsOf({ seen }: Column): string[] {
  if ("missing" in seen) {
    return [];
  }
  if ("crashed" in seen) {
    return [seen.crashed];
  }
  return seen.outcomes.flatMap((outcome) =>
    outcome.result === "broken" ? [`${outcome.check}: ${outcome.why}`] : [],
  );
}
