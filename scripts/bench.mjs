// @ts-check
// Builds what the benchmark needs, then runs it; arguments go to it (`--help` says which).
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

preflight();

const root = fileURLToPath(new URL("..", import.meta.url));
const { run } = await import("./command.mjs");

const built = await run(
  "turbo",
  [
    "run",
    "build",
    "--filter=@ameideio/bench",
    "--output-logs=errors-only",
    "--ui=stream",
    "--no-update-notifier",
  ],
  { cwd: root, env: { TURBO_TELEMETRY_DISABLED: "1" } },
);
if (built.code === 0) {
  process.exitCode = await bench(process.argv.slice(2));
} else {
  console.error(`${built.stdout}${built.stderr}`);
  process.exitCode = 1;
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} The exit code; 1 when a signal ended it.
 */
function bench(args) {
  return new Promise((resolve, reject) => {
    const program = join(root, "packages/bench/bin/ameide-bench.js");
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
