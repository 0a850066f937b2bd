// @ts-check
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

/**
 * The fields of a package.json that the workspace's commands read.
 *
 * @typedef {object} Manifest
 * @property {string} [name]
 * @property {string} [version]
 * @property {string} [description]
 * @property {boolean} [private]
 * @property {string} [license]
 * @property {string} [type]
 * @property {string[]} [files]
 * @property {boolean | string[]} [sideEffects]
 * @property {unknown} [exports]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, unknown>} [peerDependenciesMeta]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {string | Record<string, string>} [bin]
 * @property {string} [packageManager]
 * @property {unknown} [repository]
 * @property {unknown} [homepage]
 * @property {unknown} [bugs]
 * @property {string[]} [keywords]
 */

/**
 * A package of the workspace.
 *
 * @typedef {object} Package
 * @property {string} directory Relative to the root, with forward slashes.
 * @property {Manifest} manifest
 */

/**
 * The packages that pnpm-workspace.yaml names, sorted by directory; the root itself is none of
 * them.
 *
 * @param {string} root
 * @returns {Package[]}
 * @throws {Error} When a pattern is of a form other than `folder` or `folder/*`.
 */
export function workspacePackages(root) {
  const { packages: patterns = [] } = parse(
    readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"),
  );
  /** @type {string[]} */
  const directories = patterns.flatMap((/** @type {string} */ pattern) => expand(root, pattern));
  return directories
    .filter((directory) => existsSync(join(root, directory, "package.json")))
    .toSorted()
    .map((directory) => ({
      directory,
      manifest: readManifest(join(root, directory, "package.json")),
    }));
}

/**
 * @param {string} path
 * @returns {Manifest}
 */
export function readManifest(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * Returns the repository's address on the web, from its package.json.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function homeOf(root) {
  const path = join(root, "package.json");
  if (!existsSync(path)) {
    return undefined;
  }
  const { url } = Object(readManifest(path).repository);
  return /^git\+(https:.*)\.git$/.exec(url ?? "")?.[1];
}

/**
 * @param {string} root
 * @param {string} pattern
 */
function expand(root, pattern) {
  if (!pattern.includes("*")) {
    return [pattern];
  }
  const parent = pattern.replace(/\/\*$/, "");
  if (parent.includes("*")) {
    throw new Error(`pnpm-workspace.yaml: cannot read pattern ${pattern}`);
  }
  if (!existsSync(join(root, parent))) {
    return [];
  }
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}
