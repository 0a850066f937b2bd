// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { run } from "../command.mjs";
import { inCi } from "../in_ci.mjs";
import { workspacePackages } from "../workspace.mjs";

/**
 * Input of every check: the files that git knows or would add, as they are on disk.
 *
 * @typedef {object} Tree
 * @property {string} root
 * @property {boolean} ci True in an unattended run, where nothing may be skipped silently.
 * @property {string[]} files Sorted, relative to the root, with forward slashes. Without
 *   third_party/, which is others' work.
 * @property {(file: string) => boolean} isGenerated As .gitattributes says (linguist-generated).
 * @property {(file: string) => string} read
 * @property {() => import("../workspace.mjs").Package[]} packages
 * @property {(only?: string) => Promise<string[]>} build Builds every package once, or the named one with those it
 *   needs; returns its problems.
 */

/**
 * Result of a check. Green is an empty list.
 *
 * @typedef {object} Verdict
 * @property {string[]} problems One or more lines each, most useful first.
 * @property {string} [note] Note for the reader of a green verdict.
 */

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} about One line, for --list.
 * @property {(tree: Tree) => Verdict | Promise<Verdict>} run
 */

/**
 * @param {string} root
 * @param {{ ci?: boolean }} [options] Default of `ci`: whether the environment variable CI is set.
 * @returns {Promise<Tree>}
 * @throws {Error} When root is not the folder of a git repository.
 */
export async function openTree(root, { ci = inCi() } = {}) {
  const files = await listFiles(root);
  const generated = await listGenerated(root, files);
  /** @type {Promise<string[]> | undefined} */
  let built;
  /** One failed build is told once. */
  const buildOnce = () => {
    const first = built === undefined;
    built ??= build(root);
    return first
      ? built
      : built.then((said) => (said.length > 0 ? ["the build failed, see above"] : []));
  };
  return {
    root,
    ci,
    files,
    isGenerated: (file) => generated.has(file),
    read: (file) => readFileSync(join(root, file), "utf8"),
    packages: () => workspacePackages(root),
    build: (only) => (only === undefined ? buildOnce() : build(root, [`--filter=${only}`])),
  };
}

/**
 * The problems of a program that has nothing to say when all is well.
 *
 * @param {import("../command.mjs").Outcome} outcome
 * @returns {Verdict}
 */
export function verdictOf({ code, stdout, stderr }) {
  if (code === 0) {
    return { problems: [] };
  }
  const said = [stdout, stderr]
    .map((text) => stripVTControlCharacters(text).trim())
    .filter((text) => text !== "");
  return { problems: said.length > 0 ? said : [`ended with exit code ${code} and said nothing`] };
}

/**
 * The files that git knows or would add, but for others' work in third_party, sorted.
 *
 * @param {string} root
 * @throws {Error} When root is not the folder of a git repository.
 */
export async function listFiles(root) {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { code, stdout, stderr } = await run("git", args, { cwd: root });
  if (code !== 0) {
    throw new Error(`git could not list the files: ${stderr.trim()}`);
  }
  return [...new Set(stdout.split("\0"))]
    .filter((file) => file !== "" && !file.startsWith("third_party/"))
    .filter((file) => existsSync(join(root, file)))
    .toSorted();
}

/**
 * @param {string} root
 * @param {string[]} files
 */
async function listGenerated(root, files) {
  const args = ["check-attr", "-z", "--stdin", "linguist-generated"];
  const { stdout } = await run("git", args, { cwd: root, input: files.join("\0") });
  const fields = stdout.split("\0");
  /** @type {Set<string>} */
  const generated = new Set();
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const value = fields[i + 2];
    if (value === "set" || value === "true") {
      generated.add(String(fields[i]));
    }
  }
  return generated;
}

/**
 * @param {string} root
 * @param {string[]} [options] Of turbo.
 */
async function build(root, options = []) {
  const quiet = ["--ui=stream", "--output-logs=errors-only", "--no-update-notifier"];
  const args = ["run", "build", ...quiet, ...options];
  const env = { TURBO_TELEMETRY_DISABLED: "1" };
  const outcome = await run("turbo", args, { cwd: root, env, timeoutMs: 600_000 });
  const { problems } = verdictOf(outcome);
  return problems.length > 0 ? ["the build failed:", ...problems] : [];
}
