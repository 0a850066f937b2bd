// @ts-check
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * How a folder differs from what was generated.
 *
 * @typedef {object} Difference
 * @property {string} file Relative to the language's folder.
 * @property {"missing" | "changed" | "stale"} kind `stale` is a file that is no longer generated.
 */

/**
 * Compares a language's folder with the freshly generated one.
 *
 * @param {string} current
 * @param {string} fresh
 * @param {string[]} owned What generation owns: files, and folders with a slash at the end.
 * @returns {Difference[]} Sorted by file.
 * @throws {Error} When a file was generated where generation owns nothing.
 */
export function compare(current, fresh, owned) {
  const generated = listFiles(fresh);
  for (const file of generated) {
    if (!isOwned(file, owned)) {
      throw new Error(`${join(current, file)} is not generation's to write`);
    }
  }
  const existing = listFiles(current).filter((file) => isOwned(file, owned));
  /** @type {Difference[]} */
  const differences = [];
  for (const file of new Set([...generated, ...existing].toSorted())) {
    if (!existing.includes(file)) {
      differences.push({ file, kind: "missing" });
    } else if (!generated.includes(file)) {
      differences.push({ file, kind: "stale" });
    } else if (!isSame(join(current, file), join(fresh, file))) {
      differences.push({ file, kind: "changed" });
    }
  }
  return differences;
}

/**
 * Takes the differences over. A file that is the same is not touched, so that builds which look at
 * times have nothing to do.
 *
 * @param {string} current
 * @param {string} fresh
 * @param {Difference[]} differences
 */
export function apply(current, fresh, differences) {
  for (const { file, kind } of differences) {
    const target = join(current, file);
    if (kind === "stale") {
      rmSync(target);
      removeEmptyFolders(current, dirname(file));
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, readFileSync(join(fresh, file)));
    }
  }
}

/**
 * @param {string} folder
 * @returns {string[]} Relative, with forward slashes. Empty when there is no such folder.
 */
export function listFiles(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    if (!entry.isDirectory()) {
      return entry.name;
    }
    if (entry.name === "node_modules" || entry.name === "__pycache__") {
      return [];
    }
    return listFiles(join(folder, entry.name)).map((file) => `${entry.name}/${file}`);
  });
}

/**
 * @param {string} file
 * @param {string[]} owned
 */
function isOwned(file, owned) {
  return owned.some((path) =>
    path === "" || path.endsWith("/") ? file.startsWith(path) : file === path,
  );
}

/**
 * @param {string} a
 * @param {string} b
 */
function isSame(a, b) {
  return readFileSync(a).equals(readFileSync(b));
}

/**
 * @param {string} root
 * @param {string} folder
 */
function removeEmptyFolders(root, folder) {
  if (folder === "." || readdirSync(join(root, folder)).length > 0) {
    return;
  }
  rmdirSync(join(root, folder));
  removeEmptyFolders(root, dirname(folder));
}
