// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";

import { readManifest } from "../workspace.mjs";
import { roomOf } from "./layers.mjs";

/** Files that can name a dependency, besides the package's own package.json. */
const TEXT = /(\.([cm]?[jt]sx?|json|jsonc|ya?ml|sh)|(^|\/)\.ci\/run)$/;

/**
 * The dependencies of a package that nothing in it names: no import, no configuration, no script
 * that runs their program, no other dependency that wants them as a peer.
 *
 * @param {import("./tree.mjs").Tree} tree
 * @param {import("../workspace.mjs").Package} given `directory` is empty for the root.
 * @returns {string[]}
 */
export function unusedDependencies({ root, files, read, packages }, { directory, manifest }) {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const installed = new Map(
    declared.map((name) => [name, installedManifest(root, directory, name)]),
  );
  const scope = { directory, packages: packages() };
  const inside = files.filter((file) => isInside(file, scope));
  const texts = inside.map(read);
  const tools = (roomOf(directory)?.tools ?? []).map((tool) => `@ameideio/${tool}`);
  const scripts = Object.values(manifest.scripts ?? {}).join("\n");

  /** @param {string} name */
  const isUsed = (name) => {
    if (name.startsWith("@types/") || tools.includes(name)) {
      return true;
    }
    if (texts.some((text) => text.includes(`"${name}"`) || text.includes(`"${name}/`))) {
      return true;
    }
    const programs = programsOf(name, installed.get(name));
    if (programs.some((program) => new RegExp(`\\b${program}\\b`).test(scripts))) {
      return true;
    }
    const spellings = programs.flatMap((program) => [`"${program}"`, `/.bin/${program}`]);
    if (spellings.some((spelling) => texts.some((text) => text.includes(spelling)))) {
      return true;
    }
    if (manifest.peerDependencies?.[name] !== undefined) {
      return true;
    }
    return [...installed.values()].some((other) => other?.peerDependencies?.[name] !== undefined);
  };

  return declared.filter((name) => !isUsed(name)).map((name) => `${name} is not used`);
}

/**
 * @param {string} file
 * @param {{ directory: string, packages: import("../workspace.mjs").Package[] }} scope
 */
function isInside(file, { directory, packages }) {
  if (!TEXT.test(file) || file.endsWith("pnpm-lock.yaml") || file === "pnpm-workspace.yaml") {
    return false;
  }
  if (directory !== "") {
    return file.startsWith(`${directory}/`) && file !== `${directory}/package.json`;
  }
  // The scripts are the root's own hands, though a package of their own.
  if (file === "package.json" || file === "scripts/package.json") {
    return false;
  }
  return packages.every(
    (other) => other.directory === "scripts" || !file.startsWith(`${other.directory}/`),
  );
}

/**
 * @param {string} root
 * @param {string} directory
 * @param {string} name
 */
function installedManifest(root, directory, name) {
  const path = join(root, directory, "node_modules", name, "package.json");
  return existsSync(path) ? readManifest(path) : undefined;
}

/**
 * @param {string} name
 * @param {import("../workspace.mjs").Manifest | undefined} manifest
 */
function programsOf(name, manifest) {
  const { bin } = manifest ?? {};
  if (typeof bin === "object") {
    return Object.keys(bin);
  }
  return [name.replace(/^@[^/]+\//, "")];
}
