// @ts-check
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { run } from "./command.mjs";

const FILES = ["go.mod", "go.sum"];

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
 * A module, and the others that it finds by their folders.
 *
 * @typedef {object} Given
 * @property {string} root
 * @property {GoModule} module
 * @property {GoModule[]} modules Every module of the repository.
 */

/**
 * What `go mod tidy` would change of a module.
 *
 * @param {Given} given
 * @returns {Promise<string>} A difference; empty where it is tidy.
 * @throws {Error} With what Go said, when it failed.
 */
export async function tidyDifference(given) {
  return withCopy(given, async (goMod, folder) => {
    const args = ["mod", "tidy", `-modfile=${goMod}`, "-diff"];
    const { code, stdout, stderr } = await run("go", args, outside(folder));
    if (code !== 0 && stdout === "") {
      throw new Error(`go mod tidy failed:\n${stderr}`.trimEnd());
    }
    return stdout;
  });
}

/**
 * Runs `go mod tidy` over a module.
 *
 * @param {Given} given
 * @returns {Promise<boolean>} Whether it changed anything.
 * @throws {Error} With what Go said, when it failed.
 */
export async function makeTidy(given) {
  return withCopy(given, async (goMod, folder) => {
    await go(["mod", "tidy", `-modfile=${goMod}`], folder);
    const drop = othersOf(given).map(({ path }) => `-dropreplace=${path}`);
    await go(["mod", "edit", "-fmt", ...drop, goMod], folder);
    const changed = FILES.filter((name) => {
      const [made, there] = [join(dirname(goMod), name), join(folder, name)].map((path) =>
        existsSync(path) ? readFileSync(path, "utf8") : undefined,
      );
      return made !== undefined && made !== there;
    });
    for (const name of changed) {
      copyFileSync(join(dirname(goMod), name), join(folder, name));
    }
    return changed.length > 0;
  });
}

/**
 * Hands on the path of a copy of a module's go.mod, beside which is one of its go.sum. `go mod tidy` ignores the
 * workspace, so the other modules of the repository are replaced by their folders there.
 *
 * @template T
 * @param {Given} given
 * @param {(goMod: string, folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withCopy(given, use) {
  const folder = join(given.root, given.module.folder);
  const copy = mkdtempSync(join(tmpdir(), "ameide-tidy-"));
  try {
    for (const name of FILES.filter((each) => existsSync(join(folder, each)))) {
      copyFileSync(join(folder, name), join(copy, name));
    }
    const goMod = join(copy, "go.mod");
    const replace = othersOf(given).map(
      ({ path, folder: at }) => `-replace=${path}=${join(given.root, at)}`,
    );
    await go(["mod", "edit", "-fmt", ...replace, goMod], folder);
    return await use(goMod, folder);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** @param {Given} given */
function othersOf({ module, modules }) {
  return modules.filter(({ path }) => path !== module.path);
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
