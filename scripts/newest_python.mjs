// @ts-check
// Finds the newest Python of this machine: one that is on the PATH by its version, or one of pyenv's.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { run } from "./command.mjs";

const NEWEST_MINOR = 30;

/**
 * @typedef {object} Python
 * @property {string} program Name or path of its interpreter.
 * @property {number} minor The N of 3.N.
 */

/**
 * Returns the newest Python above a version; undefined where there is none.
 *
 * @param {string} root The repository.
 * @param {number} above The N of 3.N.
 * @returns {Promise<Python | undefined>}
 */
export async function newestPython(root, above) {
  const pyenv = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  const versions = existsSync(pyenv) ? readdirSync(pyenv) : [];
  for (let minor = NEWEST_MINOR; minor > above; minor--) {
    const ofPyenv = versions
      .filter((version) => version.startsWith(`3.${minor}.`))
      .map((version) => join(pyenv, version, "bin", "python3"));
    for (const program of [`python3.${minor}`, ...ofPyenv]) {
      // Shims of pyenv are there for versions that are not.
      const { code, stdout } = await run(program, ["--version"], {
        cwd: root,
        timeoutMs: 30_000,
      });
      if (code === 0 && stdout.startsWith(`Python 3.${minor}.`)) {
        return { program, minor };
      }
    }
  }
  return undefined;
}
