// @ts-check
// Builds the demo and runs it. `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { readFileSync } from "node:fs";

import { preflight } from "./preflight.mjs";

const e2e = new URL("../packages/e2e/", import.meta.url);
if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
  process.stdout.write(readFileSync(new URL("demo/help.txt", e2e), "utf8"));
} else {
  preflight();
  const { build } = await import("./build.mjs");
  if (await build("@ameideio/e2e")) {
    await import(new URL("dist/demo/start.js", e2e).href);
  } else {
    process.exitCode = 1;
  }
}
