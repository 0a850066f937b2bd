// @ts-check
// Builds what the soak needs, then runs it; `--help` says the rest.
import { readFileSync } from "node:fs";

import { runBuilt } from "./run_built.mjs";

const help = new URL("../packages/e2e/soak/help.txt", import.meta.url);

if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
  process.stdout.write(readFileSync(help, "utf8"));
} else {
  await runBuilt("packages/e2e/dist/soak/main.js", ["@ameideio/e2e..."]);
}
