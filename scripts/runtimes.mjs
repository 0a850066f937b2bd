// @ts-check
// Builds what the runtimes need, then executes the SDK on them; `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const e2e = new URL("../packages/e2e/", import.meta.url);
const args = process.argv.slice(2);

if (args.some((argument) => argument === "--help" || argument === "-h")) {
  process.stdout.write(readFileSync(new URL("runtimes/help.txt", e2e), "utf8"));
} else {
  preflight();
  const { build } = await import("./build.mjs");
  process.exitCode = (await build("@ameideio/e2e")) ? await execute() : 1;
}

/** @returns {Promise<number>} The exit code; 1 when a signal ended it. */
function execute() {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL("dist/runtimes/main.js", e2e));
    const child = spawn(process.execPath, [program, ...args], { stdio: "inherit" });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
