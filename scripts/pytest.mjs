// @ts-check
// Runs the Python tests of the current folder and writes the counts to .results/test.json.
// Arguments go to pytest: `node ../../scripts/pytest.mjs -k name`. With --and-newest the fast tests
// run once more on the newest Python that is found.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { run } from "./command.mjs";
import { clearCounts, reportCounts, reportMissing } from "./lane_result.mjs";
import { total } from "./lanes.mjs";
import { MissingTool } from "./missing_tool.mjs";
import { newestPython } from "./newest_python.mjs";
import { pythonEnvironment } from "./python_env.mjs";

const AND_NEWEST = "--and-newest";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = join(process.cwd(), ".results");
clearCounts();
mkdirSync(results, { recursive: true });
try {
  const bin = await pythonEnvironment(root);
  const args = process.argv.slice(2).filter((each) => each !== AND_NEWEST);
  const runs = [await test(bin, "pytest", args)];
  if (process.argv.includes(AND_NEWEST)) {
    runs.push(...(await testOnNewest(bin)));
  }
  reportCounts(
    total(runs.map(({ counts }) => counts)),
    runs.flatMap(({ failures }) => failures),
  );
} catch (error) {
  if (!(error instanceof MissingTool)) {
    throw error;
  }
  reportMissing(error.message);
}

/** @param {string} bin Programs of the environment that the tests have run in. */
async function testOnNewest(bin) {
  const print = "import sys; print(sys.version_info.minor)";
  const { stdout } = await run(join(bin, "python"), ["-c", print], { cwd: root });
  const newest = await newestPython(root, Number(stdout));
  if (newest === undefined) {
    console.log(`no Python newer than 3.${stdout.trim()} was found: the tests ran on that alone`);
    return [];
  }
  const { program, minor } = newest;
  console.log(`once more on Python 3.${minor}`);
  const environment = await pythonEnvironment(root, { python: program, name: "venv-newest" });
  return [await test(environment, `pytest-3.${minor}`, [])];
}

/**
 * @param {string} bin
 * @param {string} name Of the report.
 * @param {string[]} given
 */
async function test(bin, name, given) {
  const report = join(results, `${name}.xml`);
  rmSync(report, { force: true });
  const args = ["-m", "pytest", "-q", `--junit-xml=${report}`, ...given];
  const status = await start(join(bin, "python"), args);
  const text = existsSync(report) ? readFileSync(report, "utf8") : "";
  return { counts: count(status, text), failures: failedTests(text) };
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
 * @param {string} report In XML; empty where there is none.
 * @returns {import("./lanes.mjs").Counts}
 */
function count(status, report) {
  const broken = status === 0 ? 0 : 1;
  const [suite = ""] = /<testsuite [^>]*>/.exec(report) ?? [];
  const [tests, failures, errors, skipped] = ["tests", "failures", "errors", "skipped"].map(
    (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0),
  );
  const failed = (failures ?? 0) + (errors ?? 0);
  const passed = (tests ?? 0) - failed - (skipped ?? 0);
  return { passed, failed: Math.max(failed, broken), skipped: skipped ?? 0 };
}

/**
 * @param {string} report In XML.
 * @returns {import("./lanes.mjs").Failure[]}
 */
function failedTests(report) {
  const cases = report.split("<testcase ").slice(1);
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
