import { execFile } from "node:child_process";
import { ROOT } from "../common/folders.js";

/** What is needed to build the runner is not on this machine. The message says what to install. */
export class MissingTool extends Error {
  override readonly name = "MissingTool";
}

const PACKAGE = "connectrpc.com/conformance/cmd/connectconformance";
const EXIT_MISSING = 3;

/**
 * Builds Connect's runner as tools/go.mod pins it, unless that is done, and gives its path.
 *
 * @throws MissingTool when there is no Go.
 * @throws Error with what Go said, when it could not build.
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
