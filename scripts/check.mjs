// @ts-check
// Runs the repository's checks. `--help` says the rest.
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 check [name…]

Runs every check, or those named, prints one line for each and what is wrong
under a red one. All run, even after a red one.

  --list   print the checks and what each holds
  --help   print this

Exit code 0: all green; 1: a check is red; 2: wrong arguments.`;

// What a check has started ends with this process; a signal alone would leave it running.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => process.exit(1));
}
process.exitCode = await main(process.argv.slice(2).filter((arg) => arg !== "--"));

/**
 * @param {string[]} args
 * @returns {Promise<number>} The exit code.
 */
async function main(args) {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const option = args.find((arg) => arg.startsWith("-") && arg !== "--list");
  if (option !== undefined) {
    console.error(`unknown option ${option} (see --help)`);
    return 2;
  }
  preflight();
  const { CHECKS } = await import("./checks/index.mjs");
  if (args.includes("--list")) {
    const width = Math.max(...CHECKS.map(({ name }) => name.length));
    for (const { name, about } of CHECKS) {
      console.log(`${name.padEnd(width)}  ${about}`);
    }
    return 0;
  }
  const unknown = args.filter((arg) => !CHECKS.some(({ name }) => name === arg));
  if (unknown.length > 0) {
    console.error(`no such check: ${unknown.join(", ")} (see --list)`);
    return 2;
  }
  const { runChecks } = await import("./run_checks.mjs");
  return runChecks({
    root: fileURLToPath(new URL("..", import.meta.url)),
    checks: CHECKS.filter(({ name }) => args.length === 0 || args.includes(name)),
  });
}
