// @ts-check
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds packages, then runs a program of theirs with this process's arguments and sets the exit
 * code to its own, or to 1 when the build failed or a signal ended it.
 *
 * @param {string} program Relative to the root.
 * @param {string[]} packages Turbo's filters.
 */
export async function runBuilt(program, packages) {
  preflight();
  const { run } = await import("./command.mjs");
  const built = await run(
    "turbo",
    [
      "run",
      "build",
      ...packages.map((each) => `--filter=${each}`),
      "--output-logs=errors-only",
      "--ui=stream",
      "--no-update-notifier",
    ],
    { cwd: root, env: { TURBO_TELEMETRY_DISABLED: "1" } },
  );
  if (built.code === 0) {
    process.exitCode = await start(join(root, program), process.argv.slice(2));
  } else {
    console.error(`${built.stdout}${built.stderr}`);
    process.exitCode = 1;
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>} The exit code; 1 when a signal ended it.
 */
function start(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      // Folders in arguments are meant from where the command was typed.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      stdio: "inherit",
    });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
