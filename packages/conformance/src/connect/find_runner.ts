import { execFile } from "node:child_process";
import { ROOT } from "../common/folders.js";

/**
 * Thrown if a tool for building the runner is missing on this machine. The message says what to
 * install.
 */
export class MissingTool extends Error {
  override readonly name = "MissingTool";
}

const PACKAGE = "connectrpc.com/conformance/cmd/connectconformance";
const EXIT_MISSING = 3;

/**
 * Builds Connect's runner as pinned in tools/go.mod, unless it is built already, and returns its
 * path.
 *
 * @throws MissingTool if there is no Go.
 * @throws Error with Go's output, if the build failed.
 */
export function findRunner(): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = `${ROOT}scripts/go_tool.mjs`;
    const child = execFile(process.execPath, [script, PACKAGE], (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout.trim());
      } else if (error.code === EXIT_MISSING) {
        reject(new MissingTool(stderr.trim()));
      } else {
        reject(new Error(stderr.trim() || error.message, { cause: error }));
      }
    });
    process.once("exit", () => void child.kill());
  });
}
