// @ts-check
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

import { killGroup, run, withTools } from "./command.mjs";
import { failureLines, readLane, removeStaleResults, summaryLine, table, total } from "./lanes.mjs";
import { workspacePackages } from "./workspace.mjs";

/** File of the counts of the last run, relative to the root. */
export const TOTALS_FILE = ".results/totals.json";

/** File that names the failed tests of the last run, relative to the root. */
export const FAILURES_FILE = ".results/failures.txt";

/**
 * Tasks that run after another, one lane after the other: lanes that want the machine for
 * themselves.
 */
const ALONE = { test: [], "test:full": ["test:alone"] };

/** How long an interrupted run may take to end by itself. */
const GRACE_MS = 5_000;

/**
 * @typedef {object} RunOptions
 * @property {string} root
 * @property {"test" | "test:full"} task
 * @property {string[]} [filters] Turbo filters. Default: every lane.
 * @property {(line: string) => void} [print] Default: stdout.
 */

/**
 * Runs the task in every lane that declares it, then what is to run alone, gathers the counts,
 * prints a table and, last, the summary line; the counts are written to {@link TOTALS_FILE}, too.
 *
 * @param {RunOptions} options
 * @returns {Promise<number>} The exit code: 0 when nothing failed and something passed, or when no
 *   lane declares the task.
 */
export async function runLanes({ root, task, filters = [], print = console.log }) {
  removeStaleResults(join(root, ".results"));
  for (const { directory } of workspacePackages(root)) {
    removeStaleResults(join(root, directory));
  }

  const { results, interrupted } = await runTask(root, task, filters, availableParallelism());
  for (const alone of interrupted ? [] : ALONE[task]) {
    const after = await runTask(root, alone, filters, 1);
    results.push(...after.results);
  }
  if (results.length === 0) {
    const scope = filters.length === 0 ? "no lane" : `no lane among ${filters.join(", ")}`;
    print(`${scope} declares ${task}`);
    return conclude(root, [], { print, empty: filters.length === 0 });
  }
  const failures = failureLines(results);
  if (failures.length > 0) {
    print(`\n${failures.join("\n")}`);
  }
  print(`\n${table(results)}\n`);
  return conclude(root, results, { print, empty: false });
}

/**
 * @param {string} root
 * @param {string} task
 * @param {string[]} filters
 * @param {number} concurrency How many lanes run side by side.
 * @returns {Promise<{ results: import("./lanes.mjs").LaneResult[], interrupted: boolean }>} No
 *   result where no lane declares the task.
 */
async function runTask(root, task, filters, concurrency) {
  const lanes = await selectLanes(root, task, filters);
  if (lanes.length === 0) {
    return { results: [], interrupted: false };
  }
  // A lane may have run another task before.
  for (const { directory } of lanes) {
    removeStaleResults(join(root, directory));
  }
  const { code, interrupted } = await runTurbo(root, task, filters, concurrency);
  const results = lanes.map((lane) => readLane(root, lane));
  if (interrupted) {
    results.push({ name: "run", passed: 0, failed: 1, skipped: 0, problem: "interrupted" });
  } else if (code !== 0 && total(results).failed === 0) {
    const problem = `turbo ended with ${code} although no test failed: see above`;
    results.push({ name: "run", passed: 0, failed: 1, skipped: 0, problem });
  }
  const isAlone = Object.values(ALONE).some((tasks) => tasks.some((each) => each === task));
  return { results: isAlone ? results.map(toldAlone) : results, interrupted };
}

/** @param {import("./lanes.mjs").LaneResult} result */
function toldAlone(result) {
  return { ...result, name: `${result.name}, alone` };
}

/**
 * @param {string} root
 * @param {import("./lanes.mjs").LaneResult[]} results
 * @param {{ print: (line: string) => void, empty: boolean }} options `empty`: nothing was there to
 *   run, and that is no failure.
 */
function conclude(root, results, { print, empty }) {
  const counts = total(results);
  const path = join(root, TOTALS_FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(counts)}\n`);
  writeFileSync(join(root, FAILURES_FILE), failureLines(results).join("\n"));
  print(summaryLine(counts));
  return counts.failed === 0 && (counts.passed > 0 || empty) ? 0 : 1;
}

/**
 * The packages that declare the task, read from their own package.json files; only a filtered run
 * asks turbo what the filter means.
 *
 * @param {string} root
 * @param {string} task
 * @param {string[]} filters
 */
async function selectLanes(root, task, filters) {
  const lanes = workspacePackages(root)
    .filter(({ manifest }) => manifest.scripts?.[task] !== undefined)
    .map(({ directory, manifest }) => ({ directory, name: manifest.name ?? directory }));
  if (filters.length === 0) {
    return lanes;
  }
  const { code, stdout, stderr } = await run(
    "turbo",
    ["run", task, "--only", "--dry=json", ...filterArguments(filters)],
    { cwd: root },
  );
  if (code !== 0) {
    throw new Error(`turbo could not read the filters:\n${stderr || stdout}`);
  }
  /** @type {string[]} */
  const selected = JSON.parse(stdout.slice(stdout.indexOf("{"))).packages;
  return lanes.filter((lane) => selected.includes(lane.name));
}

/**
 * Runs turbo in a process group of its own and passes on what ends this process, so that nothing
 * is left running.
 *
 * @param {string} root
 * @param {string} task
 * @param {string[]} filters
 * @param {number} concurrency
 * @returns {Promise<{ code: number, interrupted: boolean }>}
 */
function runTurbo(root, task, filters, concurrency) {
  const args = ["run", task, "--continue=always", "--ui=stream", "--output-logs=new-only"];
  args.push("--log-order=stream", `--concurrency=${concurrency}`);
  args.push("--no-update-notifier", ...filterArguments(filters));
  return new Promise((resolve) => {
    const child = spawn("turbo", args, {
      cwd: root,
      detached: true,
      env: { ...process.env, PATH: withTools(root), TURBO_TELEMETRY_DISABLED: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    let interrupted = false;
    const interrupt = () => {
      interrupted = true;
      killGroup(child, "SIGINT");
      setTimeout(() => killGroup(child, "SIGKILL"), GRACE_MS).unref();
    };
    const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
    for (const signal of signals) {
      process.on(signal, interrupt);
    }
    /** @param {number} code */
    const settle = (code) => {
      for (const signal of signals) {
        process.off(signal, interrupt);
      }
      if (interrupted) {
        killGroup(child, "SIGKILL");
      }
      resolve({ code, interrupted });
    };
    child.on("error", (error) => {
      console.error(`turbo: ${error.message} (run the install first)`);
      settle(127);
    });
    child.on("close", (code) => settle(code ?? 1));
  });
}

/** @param {string[]} filters */
function filterArguments(filters) {
  return filters.map((filter) => `--filter=${filter}`);
}
