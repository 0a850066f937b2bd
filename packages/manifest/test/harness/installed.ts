import process from "node:process";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { buildInspector, type Sdk, SDKS } from "../../src/index.js";

const missing = new Set<Sdk>();
for (const sdk of SDKS) {
  try {
    await buildInspector(sdk);
  } catch (reason) {
    if (!(reason instanceof MissingTool) || inCi()) {
      throw reason;
    }
    process.stderr.write(`${sdk} is not looked at: ${reason.message}\n`);
    missing.add(sdk);
  }
}

/** Reports whether the language of an SDK is installed; in CI it has to be. */
export function installed(sdk: Sdk): boolean {
  return !missing.has(sdk);
}
