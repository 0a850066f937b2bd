// @ts-check
import { fileURLToPath } from "node:url";

import { run } from "./command.mjs";

/** A language's toolchain that is not on this machine. The message says what to install. */
export class MissingTool extends Error {
  /** @override */
  name = "MissingTool";
}

/** The exit code of scripts that lack a toolchain; their standard error, one line, says what to install. */
export const EXIT_MISSING_TOOL = 3;

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a script, or a command that tells of a missing toolchain as scripts do.
 *
 * @param {readonly [program: string, ...args: string[]]} command
 * @param {string} [cwd] Default: the root of the repository.
 * @param {NodeJS.ProcessEnv} [env] Over the variables of this process.
 * @returns {Promise<string>} What it printed.
 * @throws {MissingTool} When it ends with EXIT_MISSING_TOOL.
 * @throws {Error} With what it wrote to standard error, when it failed otherwise.
 */
export async function runScript([program, ...args], cwd = ROOT, env = {}) {
  const { code, stdout, stderr } = await run(program, args, { cwd, env, timeoutMs: 900_000 });
  if (code === EXIT_MISSING_TOOL) {
    throw new MissingTool(stderr.trim());
  }
  if (code !== 0) {
    throw new Error(stderr.trim() || `${program} ended with exit code ${code}`);
  }
  return stdout;
}
