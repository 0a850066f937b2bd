// @ts-check
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../command.mjs";
import { pythonEnvironment } from "../python_env.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(REPOSITORY, "scripts", "python_api.py");

/**
 * The Python packages whose API people write; that of generated ones follows from the protos.
 *
 * @param {string[]} files
 * @returns {{ directory: string, name: string }[]} Folder of the distribution, and the package in it.
 */
export function pythonPackages(files) {
  return files.flatMap((file) => {
    const [, directory, name] =
      /^(packages\/sdk-[^/]+)\/src\/([^/]+)\/__init__\.py$/.exec(file) ?? [];
    return directory === undefined || name === undefined ? [] : [{ directory, name }];
  });
}

/**
 * The report of each public module of a Python package: the names that it exports, without the words
 * about them.
 *
 * @param {string} folder Of the distribution.
 * @param {string} name Of the package.
 * @returns {Promise<{ reports: Map<string, string>, silent: string[] }>} Text by file name, and the
 *   exported names that have no docstring.
 * @throws {import("../missing_tool.mjs").MissingTool} If there is no Python.
 * @throws {Error} With what Python said, when it could not read the package.
 */
export async function pythonReports(folder, name) {
  const bin = await pythonEnvironment(REPOSITORY);
  const args = [PROGRAM, "src", name];
  const { code, stdout, stderr } = await run(join(bin, "python"), args, { cwd: folder });
  if (code !== 0) {
    throw new Error(`the API of ${folder} could not be read:\n${stderr}`.trimEnd());
  }
  const { reports, silent } = JSON.parse(stdout);
  return { reports: new Map(Object.entries(reports)), silent };
}
