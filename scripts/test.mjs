// @ts-check
// Runs the tests of every lane and ends with one line `N passed, N failed`. `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 test [--full] [filter…]

Runs the test script of every workspace package (a lane), counts their tests,
and ends with one line: N passed, N failed[, N skipped]

  --full   run the test:full scripts instead, then the test:alone scripts: one
           after the other, with nothing beside them
  filter   turbo filters, for instance @ameideio/core-proto './packages/sdk*'
  --help   this text

A lane that leaves no result or runs no test counts as one failure, and so does
a failure of the run in which no test failed. Exit code 0: at least one test
passed (or no lane was there to run) and none failed; 1: otherwise; 2: wrong
arguments.`;

const { options, problem } = readArguments(process.argv.slice(2));
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 2;
} else if (options.help) {
  console.log(HELP);
} else {
  preflight();
  const { runLanes } = await import("./run_lanes.mjs");
  process.exitCode = await runLanes({
    root: fileURLToPath(new URL("..", import.meta.url)),
    task: options.full ? "test:full" : "test",
    filters: options.filters,
  });
}

/** @param {string[]} args */
function readArguments(args) {
  /** @type {{ full: boolean, help: boolean, filters: string[] }} */
  const read = { full: false, help: false, filters: [] };
  for (const arg of args) {
    if (arg === "--full") {
      read.full = true;
    } else if (arg === "--help" || arg === "-h") {
      read.help = true;
    } else if (arg === "--" || arg === "--filter") {
      continue;
    } else if (arg.startsWith("--filter=")) {
      read.filters.push(arg.slice("--filter=".length));
    } else if (arg.startsWith("-")) {
      return { options: read, problem: `unknown option ${arg} (see --help)` };
    } else {
      read.filters.push(arg);
    }
  }
  return { options: read };
}
