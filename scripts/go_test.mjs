// @ts-check
// Runs the Go tests of the module in the current folder and writes the counts to .results/test.json.
// Arguments go to `go test`: `node ../../scripts/go_test.mjs -race`.
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

import { clearCounts, reportCounts, reportMissing } from "./lane_result.mjs";

/**
 * A line of `go test -json` (go doc test2json).
 *
 * @typedef {object} Event
 * @property {string} Action
 * @property {string} [Package]
 * @property {string} [Test]
 * @property {string} [Output]
 */

const GO_MISSING = "go was not found: install Go 1.26 or newer (https://go.dev/dl)";

clearCounts();
const child = spawn("go", ["test", "-json", "-count=1", ...process.argv.slice(2), "./..."], {
  stdio: ["ignore", "pipe", "inherit"],
});
/** @type {Error | undefined} */
let broken;
child.on("error", (error) => (broken = error));
const ended = new Promise((resolve) => child.on("close", resolve));

/** @type {Map<string, string>} Outcome by package and test. */
const outcomes = new Map();
/** @type {Map<string, string[]>} What a test printed: shown once it failed. */
const outputs = new Map();
for await (const line of createInterface({ input: child.stdout })) {
  take(line);
}
const status = await ended;

if (broken !== undefined) {
  reportMissing(GO_MISSING);
} else {
  const tests = [...outcomes].filter(([name]) => !hasSubtest(name));
  /** @param {string} action */
  const count = (action) => tests.filter(([, outcome]) => outcome === action).length;
  // Output before the process died is all there is to explain it.
  const unfinished = [...outputs].filter(([name]) => !outcomes.has(name));
  for (const [, lines] of unfinished) {
    process.stdout.write(lines.join(""));
  }
  // A package that does not build, or a crash, fails no test by name.
  const failed = Math.max(count("fail"), status === 0 ? 0 : 1);
  const failures = tests
    .filter(([, outcome]) => outcome === "fail")
    .map(([name]) => ({ test: name, message: (outputs.get(name) ?? []).join("") }));
  reportCounts({ passed: count("pass"), failed, skipped: count("skip") }, failures);
}

/** @param {string} line */
function take(line) {
  if (!line.startsWith("{")) {
    console.log(line);
    return;
  }
  /** @type {Event} */
  const { Action: action, Package: pkg = "", Test: test, Output: output = "" } = JSON.parse(line);
  if (test === undefined) {
    const isNoise = output.includes("[no test files]") || output === "PASS\n";
    if (!isNoise) {
      process.stdout.write(output);
    }
    return;
  }
  const name = `${pkg} ${test}`;
  if (action === "output") {
    outputs.set(name, [...(outputs.get(name) ?? []), output]);
  }
  if (["pass", "fail", "skip"].includes(action)) {
    outcomes.set(name, action);
    if (action === "fail") {
      process.stdout.write((outputs.get(name) ?? []).join(""));
    }
  }
}

/** @param {string} name */
function hasSubtest(name) {
  return [...outcomes.keys()].some((other) => other.startsWith(`${name}/`));
}
