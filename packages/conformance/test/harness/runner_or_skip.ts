import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { findRunner } from "../../src/connect/find_runner.js";

/** How long it may take to build the runner where nothing is built, on a busy machine. */
export const FIRST_BUILD_MS = 300_000;

/** The built runner; undefined, said in one line, where there is no Go. In CI that is an error. */
export async function runnerOrSkip(): Promise<string | undefined> {
  try {
    return await findRunner();
  } catch (reason) {
    if (inCi() || !(reason instanceof MissingTool)) {
      throw reason;
    }
    process.stderr.write(`skipped: ${reason.message}\n`);
    return undefined;
  }
}
