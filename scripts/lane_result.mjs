// @ts-check
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

import { inCi } from "./in_ci.mjs";
import { RESULT_FILE } from "./lanes.mjs";

/**
 * Removes the counts of an earlier run of the lane in the current folder.
 */
export function clearCounts() {
  rmSync(join(process.cwd(), RESULT_FILE), { force: true });
}

/**
 * Leaves the counts of the lane in the current folder and sets the exit code: 0 only when nothing
 * failed and something passed.
 *
 * @param {import("./lanes.mjs").Counts} counts
 * @param {import("./lanes.mjs").Failure[]} failures
 */
export function reportCounts(counts, failures) {
  write({ ...counts, failures });
  if (counts.passed + counts.failed === 0) {
    console.error("no test ran");
  }
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

/**
 * Says in one line what is missing and leaves that as the lane's result: one skipped test with its
 * reason, or with CI=true one failed test.
 *
 * @param {string} reason
 */
export function reportMissing(reason) {
  const fails = inCi();
  console.error(fails ? reason : `skipped: ${reason}`);
  write({ passed: 0, failed: fails ? 1 : 0, skipped: fails ? 0 : 1, reason });
  process.exitCode = fails ? 1 : 0;
}

/**
 * @param {import("./lanes.mjs").Counts & { reason?: string,
 *   failures?: import("./lanes.mjs").Failure[] }} result
 */
function write(result) {
  const path = join(process.cwd(), RESULT_FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result)}\n`);
}
