// @ts-check
import { dirname, join, normalize } from "node:path/posix";

import { INSIDE } from "./layers.mjs";
import { importsOf } from "./specifiers.mjs";

/**
 * Lists folders of a package that import from a later one, folders without a place in the order,
 * and places of the order without a folder.
 *
 * @param {{ files: string[], read: (file: string) => string }} tree
 * @returns {string[]}
 */
export function upwardImports({ files, read }) {
  return Object.entries(INSIDE).flatMap(([source, line]) => {
    const inside = files.filter((file) => file.startsWith(`${source}/`));
    if (inside.length === 0) {
      return [];
    }
    const name = packageName({ files, read }, source);
    const order = line.split(" ");
    const present = new Set(inside.flatMap((file) => folderOf(file, source) ?? []));
    const problems = [...present]
      .filter((folder) => !order.includes(folder))
      .map((folder) => `${source}/${folder}: ${NO_PLACE}`);
    const gone = order.filter((folder) => !present.has(folder));
    problems.push(...gone.map((folder) => `${source}/${folder}: is gone, but has ${PLACE}`));
    for (const file of inside) {
      const from = folderOf(file, source);
      if (from === undefined) {
        continue;
      }
      for (const { specifier } of importsOf(file, read(file)) ?? []) {
        if (name !== undefined && (specifier === name || specifier.startsWith(`${name}/`))) {
          problems.push(`${file}: imports ${specifier}, of an entry`);
        }
        const target = targetOf(file, specifier, source);
        if (target === undefined) {
          continue;
        }
        const to = folderOf(target, source);
        if (to !== undefined && order.indexOf(to) <= order.indexOf(from)) {
          continue;
        }
        const what = to === undefined ? "an entry" : `${to}/, which comes after ${from}/`;
        problems.push(`${file}: imports ${specifier}, of ${what}`);
      }
    }
    return problems;
  });
}

const PLACE = "a place in scripts/checks/layers.mjs";
const NO_PLACE = `has no place in the order, give it ${PLACE}`;

/**
 * The name under which a folder of a package would import the package itself.
 *
 * @param {{ files: string[], read: (file: string) => string }} tree
 * @param {string} source
 * @returns {string | undefined}
 */
function packageName({ files, read }, source) {
  const manifest = `${dirname(source)}/package.json`;
  return files.includes(manifest) ? JSON.parse(read(manifest)).name : undefined;
}

/**
 * The path that an import leads to.
 *
 * @param {string} file
 * @param {string} specifier
 * @param {string} source
 * @returns {string | undefined} Nothing for one that leads out of the package.
 */
function targetOf(file, specifier, source) {
  if (file.endsWith(".py")) {
    const [, root = "", path = ""] = /^(.*\/src)\/(.*)$/.exec(source) ?? [];
    const [name = ""] = path.split("/");
    return specifier === name || specifier.startsWith(`${name}.`)
      ? `${root}/${specifier.replaceAll(".", "/")}`
      : undefined;
  }
  const target = normalize(join(dirname(file), specifier));
  return specifier.startsWith(".") && target.startsWith(`${source}/`) ? target : undefined;
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {string | undefined} Nothing for a file beside the folders.
 */
function folderOf(file, source) {
  if (!file.startsWith(`${source}/`)) {
    return undefined;
  }
  const [folder, ...rest] = file.slice(source.length + 1).split("/");
  return rest.length === 0 ? undefined : folder;
}
