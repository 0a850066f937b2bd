// @ts-check
// Runs vitest in the current package folder and writes the counts to .results/test.json.
// Arguments go to vitest: `node ../../scripts/vitest.mjs -t "name of a test"`.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { clearCounts, reportCounts } from "./lane_result.mjs";

/**
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number,
 *   numTodoTests: number, testResults: File[] }} Report
 * @typedef {{ name: string, status: string, message: string, assertionResults: Test[] }} File
 * @typedef {{ status: string, fullName: string, failureMessages: string[] }} Test
 */

const results = join(process.cwd(), ".results");
const reportFile = join(results, "vitest.json");

clearCounts();
rmSync(reportFile, { force: true });
mkdirSync(results, { recursive: true });

// A busy machine takes longer than the default of 5 s; what hangs is still found.
const given = process.argv.slice(2);
const exitCode = await run([
  fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json"))),
  "run",
  "--exclude=dist/**",
  ...(given.some((arg) => arg.startsWith("--testTimeout")) ? [] : ["--testTimeout=30000"]),
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportFile}`,
  ...given,
]);
/** @type {Report | undefined} */
const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : undefined;
reportCounts(count(exitCode), failures());

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code; 1 when a signal ended vitest
 */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "inherit" });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * A file that failed outside its tests, and a run that failed without a failed test (an unhandled
 * rejection, a crash), each count as one failure.
 *
 * @param {number} status
 * @returns {import("./lanes.mjs").Counts}
 */
function count(status) {
  if (report === undefined) {
    return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 };
  }
  const failed = report.numFailedTests + report.testResults.filter(isBroken).length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 && report.numPassedTests > 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {File} file */
function isBroken(file) {
  return file.status === "failed" && file.assertionResults.length === 0;
}

/** @returns {import("./lanes.mjs").Failure[]} */
function failures() {
  return (report?.testResults ?? []).flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    return [
      ...(isBroken(file) ? [{ test: file.name, message: file.message }] : []),
      ...failed.map(({ fullName, failureMessages: [message = ""] }) => ({
        test: fullName,
        message: message.replace(/\n {4}at [^]*/, ""),
      })),
    ];
  });
}
