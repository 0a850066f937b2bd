// @ts-check
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The oldest Node.js release the workspace runs on. */
export const OLDEST_NODE = "20.19.0";

/**
 * Lists the tools that this machine lacks for the workspace's commands: one line each, with what to
 * install. Imports and syntax are limited to those of an old Node.js, or the line would never be
 * seen.
 *
 * @param {{ nodeVersion?: string, path?: string }} [machine] Default: this process's.
 * @returns {string[]} Empty when nothing is missing.
 */
export function missingTools({
  nodeVersion = process.versions.node,
  path = process.env.PATH ?? "",
} = {}) {
  const missing = [];
  if (isOlder(nodeVersion, OLDEST_NODE)) {
    missing.push(`Node.js ${nodeVersion} is too old: install Node.js ${OLDEST_NODE} or newer`);
  }
  if (!isOnPath("git", path)) {
    missing.push("git was not found: install git and put it on PATH");
  }
  if (!isOnPath("pnpm", path)) {
    missing.push("pnpm was not found: start this as npx -y pnpm@12.21.0 followed by the command");
  }
  return missing;
}

/** Ends the process with exit code 1 and one line per missing tool, if there is any. */
export function preflight() {
  const missing = missingTools();
  for (const line of missing) {
    console.error(line);
  }
  if (missing.length > 0) {
    process.exit(1);
  }
}

/**
 * Says whether a program lies in one of the folders of PATH, without running it.
 *
 * @param {string} program
 * @param {string} [path] Default: this process's.
 */
export function isOnPath(program, path = process.env.PATH ?? "") {
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return path
    .split(delimiter)
    .some(
      (folder) => folder !== "" && endings.some((end) => existsSync(join(folder, program + end))),
    );
}

/**
 * @param {string} version
 * @param {string} bound
 */
function isOlder(version, bound) {
  const have = version.split(".").map(Number);
  const need = bound.split(".").map(Number);
  for (let i = 0; i < need.length; i++) {
    const difference = (have[i] || 0) - (need[i] || 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
