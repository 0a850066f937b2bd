// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";

import { homeOf } from "../workspace.mjs";
import { linksOf } from "./docs.mjs";

/**
 * What people who find a published package in the registry miss: where it comes from, and a README
 * that begins with the description and says how to install it, without links that lead nowhere.
 *
 * @param {Pick<import("./tree.mjs").Tree, "root" | "read">} tree
 * @param {import("../workspace.mjs").Package} package_
 * @returns {string[]}
 */
export function npmPageProblems(tree, { directory, manifest }) {
  const home = homeOf(tree.root);
  if (home === undefined) {
    return ["the root's package.json states no repository"];
  }
  return [
    ...licenceProblems(tree, directory),
    ...placeProblems({ directory, manifest }, home),
    ...readmeProblems(tree, { directory, manifest }, home),
  ];
}

/**
 * @param {Pick<import("./tree.mjs").Tree, "root" | "read">} tree
 * @param {string} directory
 */
function licenceProblems({ root, read }, directory) {
  const file = `${directory}/LICENSE`;
  const same = existsSync(join(root, file)) && read(file) === read("LICENSE");
  return same ? [] : ["published, but has no LICENSE like that of the root"];
}

/**
 * @param {import("../workspace.mjs").Package} package_
 * @param {string} home
 */
function placeProblems({ directory, manifest }, home) {
  const wanted = {
    repository: { type: "git", url: `git+${home}.git`, directory },
    homepage: `${home}/tree/main/${directory}#readme`,
    bugs: { url: `${home}/issues` },
  };
  const problems = Object.entries(wanted)
    .filter(([field, value]) => {
      const stated = manifest[/** @type {keyof typeof wanted} */ (field)];
      return JSON.stringify(stated) !== JSON.stringify(value);
    })
    .map(([field, value]) => `published, but ${field} is not ${JSON.stringify(value)}`);
  if ((manifest.keywords ?? []).length === 0) {
    problems.push("published, but states no keywords");
  }
  return problems;
}

/**
 * @param {Pick<import("./tree.mjs").Tree, "root" | "read">} tree
 * @param {import("../workspace.mjs").Package} package_
 * @param {string} home
 */
function readmeProblems({ root, read }, { directory, manifest }, home) {
  const file = `${directory}/README.md`;
  if (!existsSync(join(root, file))) {
    return ["published, but has no README.md"];
  }
  const text = read(file);
  const problems = linksOf(text).map(
    ({ target, line }) =>
      `README.md:${line}: ${target} leads nowhere from the registry: begin with ${home}/blob/main/`,
  );
  const { description = "" } = manifest;
  if (description === "" || !firstWords(text).startsWith(description)) {
    problems.push("README.md: does not begin with the description of package.json");
  }
  const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const needed = peers.filter((peer) => !optional.includes(peer));
  const install = /^npm install (.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
  const missing = [manifest.name ?? "", ...needed].filter((name) => !install.includes(name));
  if (missing.length > 0) {
    problems.push(`README.md: no "npm install" of ${missing.join(", ")}`);
  }
  return problems;
}

/**
 * The text below the title in one line, without the marks of code.
 *
 * @param {string} markdown
 */
function firstWords(markdown) {
  return markdown
    .replace(/^# .*\n+/, "")
    .replaceAll("`", "")
    .replaceAll(/\s+/g, " ");
}
