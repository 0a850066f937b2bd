// @ts-check
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { run } from "./command.mjs";

/**
 * A Go module of the repository.
 *
 * @typedef {object} GoModule
 * @property {string} folder Relative to the root.
 * @property {string} path Its module path.
 */

/**
 * @param {string[]} files Relative to the root.
 * @param {(file: string) => string} read
 * @returns {GoModule[]} Sorted by folder.
 */
export function goModules(files, read) {
  return files
    .filter((file) => file.endsWith("/go.mod"))
    .toSorted()
    .map((file) => {
      const [, path = ""] = /^module (\S+)$/m.exec(read(file)) ?? [];
      return { folder: dirname(file), path };
    });
}

/**
 * What `go mod tidy` would change of a module, or changes. It ignores the workspace, so the other
 * modules of the repository are replaced by their folders, in a copy.
 *
 * @param {object} given
 * @param {string} given.root
 * @param {GoModule} given.module
 * @param {GoModule[]} given.modules Every module of the repository.
 * @param {boolean} [given.write] Default: nothing is written.
 * @returns {Promise<string>} A difference; empty where it is tidy, or was made so.
 * @throws {Error} With what Go said, when it failed.
 */
export async function tidy({ root, module, modules, write = false }) {
  const folder = join(root, module.folder);
  const copy = mkdtempSync(join(tmpdir(), "ameide-tidy-"));
  try {
    for (const name of ["go.mod", "go.sum"]) {
      if (existsSync(join(folder, name))) {
        copyFileSync(join(folder, name), join(copy, name));
      }
    }
    const goMod = join(copy, "go.mod");
    const others = modules.filter(({ path }) => path !== module.path);
    const replace = others.map(({ path, folder: at }) => `-replace=${path}=${join(root, at)}`);
    await go(["mod", "edit", "-fmt", ...replace, goMod], folder);
    const args = ["mod", "tidy", `-modfile=${goMod}`];
    if (!write) {
      const { code, stdout, stderr } = await run("go", [...args, "-diff"], outside(folder));
      if (code !== 0 && stdout === "") {
        throw new Error(`go mod tidy failed:\n${stderr}`.trimEnd());
      }
      return stdout;
    }
    await go(args, folder);
    const drop = others.map(({ path }) => `-dropreplace=${path}`);
    await go(["mod", "edit", "-fmt", ...drop, goMod], folder);
    for (const name of ["go.mod", "go.sum"]) {
      if (existsSync(join(copy, name))) {
        copyFileSync(join(copy, name), join(folder, name));
      }
    }
    return "";
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
async function go(args, cwd) {
  const { code, stdout, stderr } = await run("go", args, outside(cwd));
  if (code !== 0) {
    throw new Error(`go ${args[0]} ${args[1]} failed:\n${stderr}${stdout}`.trimEnd());
  }
}

/** @param {string} cwd */
function outside(cwd) {
  return { cwd, env: { GOWORK: "off" }, timeoutMs: 300_000 };
}
