import { spawnSync } from "node:child_process";
import process from "node:process";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool, runScript } from "@ameideio/scripts/missing_tool.mjs";
import type { Sdk } from "../../src/index.js";

const missing = new Set<Sdk>();
if (spawnSync("go", ["version"]).status !== 0) {
  missing.add("go");
}
try {
  await runScript([process.execPath, "scripts/python_env.mjs"]);
} catch (reason) {
  if (!(reason instanceof MissingTool)) {
    throw reason;
  }
  missing.add("python");
}

/** Reports whether the language of an SDK is installed. In CI a test of it runs, and fails, if it is not. */
export function installed(sdk: Sdk): boolean {
  return inCi() || !missing.has(sdk);
}
