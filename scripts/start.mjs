// @ts-check
// Builds the demo and the gate, runs the one and ends with the other. `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { readFileSync } from "node:fs";
import process from "node:process";

import { preflight } from "./preflight.mjs";

const e2e = new URL("../packages/e2e/", import.meta.url);
const args = process.argv.slice(2);
if (args.some((argument) => argument === "--help" || argument === "-h")) {
  process.stdout.write(readFileSync(new URL("demo/help.txt", e2e), "utf8"));
} else {
  preflight();
  const { build } = await import("./build.mjs");
  // What other programs read, and a server, have no gate behind them.
  const gated = !args.some((argument) => argument === "--json" || argument === "--serve");
  const packages = ["@ameideio/e2e", ...(gated ? ["@ameideio/parity"] : [])];
  if (await build(...packages)) {
    await import(new URL("dist/demo/start.js", e2e).href);
    if (gated && process.exitCode !== 2) {
      const gate = await import(new URL("../packages/parity/dist/cli.js", import.meta.url).href);
      process.stdout.write("\n");
      // Its verdict is not that of the demo: who tries a change of a proto has generated TypeScript alone.
      await gate.runCli(["--quick", "--brief"], {
        out: (/** @type {string} */ text) => process.stdout.write(text),
        line: (/** @type {string} */ text) => process.stdout.write(`${text}\n`),
      });
    }
  } else {
    process.exitCode = 1;
  }
}
