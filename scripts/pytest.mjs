// @ts-check
// Runs the Python tests of the current folder and writes the counts to .results/test.json.
// Arguments go to pytest: `node ../../scripts/pytest.mjs -k name`.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { clearCounts, reportCounts, reportMissing } from "./lane_result.mjs";
import { MissingTool } from "./missing_tool.mjs";
import { pythonEnvironment } from "./python_env.mjs";

const report = join(process.cwd(), ".results", "pytest.xml");
clearCounts();
rmSync(report, { force: true });
mkdirSync(dirname(report), { recursive: true });
try {
  const bin = await pythonEnvironment(fileURLToPath(new URL("..", import.meta.url)));
  const args = ["-m", "pytest", "-q", `--junit-xml=${report}`, ...process.argv.slice(2)];
  reportCounts(count(await start(join(bin, "python"), args)), failedTests());
} catch (error) {
  if (!(error instanceof MissingTool)) {
    throw error;
  }
  reportMissing(error.message);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>} The exit code; 1 when a signal ended it.
 */
function start(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * A run that failed without a failed test (a file that does not import, a crash) counts as one
 * failure.
 *
 * @param {number} status
 * @returns {import("./lanes.mjs").Counts}
 */
function count(status) {
  const broken = status === 0 ? 0 : 1;
  if (!existsSync(report)) {
    return { passed: 0, failed: broken, skipped: 0 };
  }
  const [suite = ""] = /<testsuite [^>]*>/.exec(readFileSync(report, "utf8")) ?? [];
  const [tests, failures, errors, skipped] = ["tests", "failures", "errors", "skipped"].map(
    (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0),
  );
  const failed = (failures ?? 0) + (errors ?? 0);
  const passed = (tests ?? 0) - failed - (skipped ?? 0);
  return { passed, failed: Math.max(failed, broken), skipped: skipped ?? 0 };
}

/** @returns {import("./lanes.mjs").Failure[]} */
function failedTests() {
  const cases = existsSync(report) ? readFileSync(report, "utf8").split("<testcase ").slice(1) : [];
  return cases.flatMap((text) => {
    const [, message] = /<(?:failure|error) message="([^"]*)"/.exec(text) ?? [];
    const [, folder, name] = /classname="([^"]*)" name="([^"]*)"/.exec(text) ?? [];
    return message === undefined
      ? []
      : [{ test: unescape(`${folder}.${name}`), message: unescape(message) }];
  });
}

/** @param {string} text Value of an attribute in XML. */
function unescape(text) {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (_, decimal, hex, word) => {
    const named = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[String(word)];
    return named ?? String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
