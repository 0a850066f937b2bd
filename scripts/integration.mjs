// @ts-check
// Builds what the suites of the modes need, then runs them; `--help` says the rest.
import { readFileSync } from "node:fs";

import { runBuilt } from "./run_built.mjs";

const help = new URL("../packages/e2e/integration/help.txt", import.meta.url);

if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
  process.stdout.write(readFileSync(help, "utf8"));
} else {
  await runBuilt("packages/e2e/dist/integration/main.js", ["@ameideio/e2e..."]);
}
