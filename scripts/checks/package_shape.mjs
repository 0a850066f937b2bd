// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";

import { unusedDependencies } from "./dependencies.mjs";
import { npmPageProblems } from "./npm_page.mjs";
import { published } from "./published.mjs";

const LONGEST_FILE = 500;

/** Files that people write; lock files, licenses and data are not counted. */
const WRITTEN = /(\.([cm]?[jt]sx?|go|py|pyi|proto|md|ya?ml|toml|sh|html|css)|\/run)$/;

/** @type {import("./tree.mjs").Check} */
export const packageShape = {
  name: "package-shape",
  about: "package.json fields, exports, dependencies, publint, npm page; no file over 500 lines",
  async run(tree) {
    const unbuilt = await tree.build();
    const problems = [...unbuilt];
    const packages = tree.packages();
    if (packages.length === 0) {
      problems.push("saw no package");
    }
    for (const { directory, manifest } of packages) {
      const shape = [...fieldProblems(manifest), ...versionProblems(manifest)];
      shape.push(...exportProblems(manifest, join(tree.root, directory)));
      shape.push(...unusedDependencies(tree, { directory, manifest }));
      if (manifest.private !== true) {
        shape.push(...npmPageProblems(tree, { directory, manifest }));
        if (unbuilt.length === 0) {
          shape.push(...(await published(tree.root, directory)));
        }
      }
      problems.push(...shape.map((problem) => `${directory}: ${problem}`));
    }
    const root = { directory: "", manifest: JSON.parse(tree.read("package.json")) };
    const shape = [...versionProblems(root.manifest), ...unusedDependencies(tree, root)];
    problems.push(...shape.map((problem) => `package.json: ${problem}`));
    problems.push(...longFiles(tree));
    return { problems, note: `${packages.length} packages` };
  },
};

/**
 * @param {import("../workspace.mjs").Manifest} manifest
 * @returns {string[]}
 */
export function fieldProblems(manifest) {
  const problems = [];
  if (manifest.name?.startsWith("@ameideio/") !== true) {
    problems.push("name is not in @ameideio/");
  }
  if (manifest.version !== "0.0.0") {
    problems.push("version is not 0.0.0, releases stamp it");
  }
  if (manifest.license !== "Apache-2.0") {
    problems.push("license is not Apache-2.0");
  }
  if (manifest.type !== "module") {
    problems.push('type is not "module"');
  }
  if (manifest.private === true) {
    return problems;
  }
  if (manifest.files === undefined) {
    problems.push("published, but states no files");
  }
  if (manifest.sideEffects === undefined) {
    problems.push("published, but states no sideEffects");
  }
  if (manifest.exports === undefined) {
    problems.push("published, but states no exports");
  } else if (Object(manifest.exports)["./package.json"] !== "./package.json") {
    problems.push("published, but exports no ./package.json, which tools read");
  }
  return problems;
}

/**
 * Versions stand in the catalog only; the ranges that users of a published package see are its peer
 * dependencies.
 *
 * @param {import("../workspace.mjs").Manifest} manifest
 * @returns {string[]}
 */
export function versionProblems(manifest) {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  const pinned = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const problems = pinned
    .filter(([, version]) => version !== "catalog:" && version !== "workspace:*")
    .map(([name, version]) => `${name} is "${version}": write "catalog:" or "workspace:*"`);
  if (manifest.private !== true) {
    return problems;
  }
  const ranges = Object.entries(peerDependencies ?? {})
    .filter(([, version]) => version !== "catalog:" && version !== "workspace:*")
    .map(([name]) => `peer ${name}: only a published package states a range`);
  return [...problems, ...ranges];
}

/**
 * Entries of exports whose file is not there although the package is built.
 *
 * @param {import("../workspace.mjs").Manifest} manifest
 * @param {string} folder
 * @returns {string[]}
 */
export function exportProblems(manifest, folder) {
  return targetsOf(manifest.exports)
    .filter((target) => !target.includes("*"))
    .filter((target) => !target.startsWith("./dist/") || existsSync(join(folder, "dist")))
    .filter((target) => !existsSync(join(folder, target)))
    .map((target) => `exports name ${target}, which does not exist`);
}

/**
 * @param {unknown} entry
 * @returns {string[]}
 */
function targetsOf(entry) {
  if (typeof entry === "string") {
    return [entry];
  }
  return typeof entry === "object" && entry !== null ? Object.values(entry).flatMap(targetsOf) : [];
}

/**
 * @param {import("./tree.mjs").Tree} tree
 * @returns {string[]}
 */
export function longFiles({ files, isGenerated, read }) {
  return files
    .filter((file) => WRITTEN.test(file) && !/(^|\/)testdata\/|lock\.ya?ml$/.test(file))
    .filter((file) => !isGenerated(file))
    .map((file) => ({ file, lines: read(file).replace(/\n$/, "").split("\n").length }))
    .filter(({ lines }) => lines > LONGEST_FILE)
    .map(({ file, lines }) => `${file}: ${lines} lines, at most ${LONGEST_FILE}`);
}
