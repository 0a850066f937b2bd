// @ts-check
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Counts of a lane, or of a whole run.
 *
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * A failed test, as far as it is told at the end of a run.
 *
 * @typedef {object} Failure
 * @property {string} test Its name.
 * @property {string} message What it failed with, without a stack.
 */

/**
 * @typedef {Counts & { name: string, problem?: string, failures?: Failure[] }} LaneResult
 *   `problem` says why a lane without a failed test counts as failed.
 */

/** File in which every lane leaves its counts, relative to its package. */
export const RESULT_FILE = ".results/test.json";

/** The end of a long run tells this much of each lane, and of each failure; above it is all. */
const MOST_FAILURES = 10;
const MOST_LINES = 12;
const MOST_COLUMNS = 200;

/**
 * Removes what earlier runs left, so that no lane can pass on an old result.
 *
 * @param {string} directory Searched with all its folders, except node_modules and .git.
 */
export function removeStaleResults(directory) {
  if (!existsSync(directory)) {
    return;
  }
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name === ".git") {
      continue;
    }
    const path = join(directory, entry.name);
    if (entry.name === ".results") {
      rmSync(path, { recursive: true });
    } else {
      removeStaleResults(path);
    }
  }
}

/**
 * Reads what a lane left. A missing or unreadable file, and a lane that ran no test, is one failure.
 *
 * @param {string} root
 * @param {{ name: string, directory: string }} lane
 * @returns {LaneResult}
 */
export function readLane(root, { name, directory }) {
  const path = join(root, directory, RESULT_FILE);
  if (!existsSync(path)) {
    return broken(name, `left no ${RESULT_FILE}`);
  }
  /** @type {unknown} */
  let counts;
  try {
    counts = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return broken(name, `left a ${RESULT_FILE} that is not JSON`);
  }
  if (!isCounts(counts)) {
    return broken(name, `left a ${RESULT_FILE} without counts`);
  }
  const { passed, failed, skipped } = counts;
  // A lane that says why it was skipped (a missing toolchain) has said so on the screen too; in CI
  // it fails by itself.
  const excused = skipped > 0 && "reason" in counts;
  if (passed + failed === 0 && !excused) {
    return { ...broken(name, "ran no test"), skipped };
  }
  const failures = "failures" in counts ? failuresIn(counts.failures) : [];
  return { name, passed, failed, skipped, ...(failures.length > 0 && { failures }) };
}

/**
 * @param {Counts[]} results
 * @returns {Counts}
 */
export function total(results) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/**
 * The line every run ends with: `N passed, N failed`, and `, N skipped` if there are any.
 *
 * @param {Counts} counts
 */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * One row per lane, for people.
 *
 * @param {LaneResult[]} results
 * @returns {string}
 */
export function table(results) {
  const width = Math.max(4, ...results.map((result) => result.name.length));
  const rows = results.map(({ name, passed, failed, skipped, problem }) => {
    const mark = failed > 0 ? "✗" : "✓";
    const cells = [passed, failed, skipped].map((count) => String(count).padStart(8)).join("");
    return `${mark} ${name.padEnd(width)}${cells}${problem === undefined ? "" : `  ${problem}`}`;
  });
  return [`  ${"lane".padEnd(width)}  passed  failed skipped`, ...rows].join("\n");
}

/**
 * The failed tests by name, with the beginning of what they failed with: nobody has to look for them
 * in the output of lanes that ran side by side.
 *
 * @param {LaneResult[]} results
 * @returns {string[]} Lines; none where nothing failed by name.
 */
export function failureLines(results) {
  return results.flatMap(({ name, failures = [] }) => {
    const more = failures.length - MOST_FAILURES;
    const lines = failures.slice(0, MOST_FAILURES).flatMap(({ test, message }) => {
      const said = message.split("\n").filter((line) => line.trim() !== "");
      const kept = said.slice(0, MOST_LINES).map((line) => `    ${line.slice(0, MOST_COLUMNS)}`);
      return [`✗ ${name}: ${test}`, ...kept, ...(said.length > MOST_LINES ? ["    …"] : [])];
    });
    return more > 0 ? [...lines, `✗ ${name}: ${more} more`] : lines;
  });
}

/**
 * @param {string} name
 * @param {string} problem
 * @returns {LaneResult}
 */
function broken(name, problem) {
  return { name, passed: 0, failed: 1, skipped: 0, problem };
}

/**
 * @param {unknown} value
 * @returns {Failure[]}
 */
function failuresIn(value) {
  return Array.isArray(value)
    ? value.filter((each) => typeof each?.test === "string" && typeof each?.message === "string")
    : [];
}

/**
 * @param {unknown} value
 * @returns {value is Counts}
 */
function isCounts(value) {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const counts = /** @type {Record<string, unknown>} */ (value);
  return ["passed", "failed", "skipped"].every((key) => {
    const count = counts[key];
    return typeof count === "number" && Number.isInteger(count) && count >= 0;
  });
}
