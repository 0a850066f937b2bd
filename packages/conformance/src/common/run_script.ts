import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { ROOT } from "./folders.js";

/** A language's toolchain is not on this machine. The message says what to install. */
export class MissingTool extends Error {
  override readonly name = "MissingTool";
}

/** The exit code of scripts that lack a toolchain. */
const EXIT_MISSING = 3;

/**
 * Runs a program without a shell and gives what it printed.
 *
 * @param cwd - Where it is started. Default: the root of the repository.
 * @throws MissingTool when it ends with exit code 3.
 * @throws Error with what it wrote to standard error, when it failed otherwise.
 */
export function runScript(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string = ROOT,
): Promise<string> {
  return new Promise((settle, reject) => {
    const options = { cwd: resolve(cwd), maxBuffer: 1 << 26 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      process.off("exit", kill);
      if (error === null) {
        settle(stdout);
      } else if (error.code === EXIT_MISSING) {
        reject(new MissingTool(stderr.trim()));
      } else {
        reject(new Error(stderr.trim() || error.message, { cause: error }));
      }
    });
    const kill = () => void child.kill();
    process.once("exit", kill);
  });
}
