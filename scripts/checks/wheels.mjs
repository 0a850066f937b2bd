// @ts-check
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../command.mjs";
import { MissingTool } from "../missing_tool.mjs";
import { pythonEnvironment } from "../python_env.mjs";
import { verdictOf } from "./tree.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const LIST = join(REPOSITORY, "scripts", "python_archives.py");
const CALL = join(REPOSITORY, "packages/sdk-python/tests/installed_call.py");

/** Distributions that are never published say so (PyPI's trove classifiers). */
const PRIVATE = "Private :: Do Not Upload";

/** @type {import("./tree.mjs").Check} */
export const wheels = {
  name: "wheels",
  about:
    "wheels and sdists hold the sources and nothing else; installed, the Python SDK makes a call",
  async run(tree) {
    const folders = publishedFolders(tree);
    if (folders.length === 0) {
      return { problems: ["saw no distribution"] };
    }
    const made = mkdtempSync(join(tmpdir(), "ameide-wheels-"));
    try {
      const bin = await pythonEnvironment(REPOSITORY);
      const problems = [];
      for (const folder of folders) {
        const archives = join(made, folder.replaceAll("/", "-"));
        problems.push(...(await archiveProblems(tree, { bin, folder, archives })));
      }
      if (problems.length === 0 && folders.includes("packages/sdk-python")) {
        problems.push(...(await callProblems({ bin, made })));
      }
      return { problems, note: `${folders.length} distributions` };
    } catch (error) {
      if (!(error instanceof MissingTool)) {
        throw error;
      }
      return tree.ci
        ? { problems: [error.message] }
        : { problems: [], note: `not checked: ${error.message}` };
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  },
};

/**
 * @param {import("./tree.mjs").Tree} tree
 * @returns {string[]}
 */
function publishedFolders({ files, read }) {
  return files
    .filter((file) => /(^|\/)pyproject\.toml$/.test(file))
    .filter((file) => read(file).includes("\n[project]\n") && !read(file).includes(PRIVATE))
    .map((file) => dirname(file));
}

/**
 * Builds both archives of a distribution, and compares what they hold with what git knows.
 *
 * @param {import("./tree.mjs").Tree} tree
 * @param {{ bin: string, folder: string, archives: string }} given `archives` is where they go.
 * @returns {Promise<string[]>}
 */
async function archiveProblems({ root, files }, { bin, folder, archives }) {
  const python = join(bin, "python");
  const args = ["-m", "build", "--no-isolation", "--outdir", archives, folder];
  const built = verdictOf(await run(python, args, { cwd: root, timeoutMs: 600_000 }));
  if (built.problems.length > 0) {
    return built.problems.map((problem) => `${folder}: ${problem}`);
  }
  const { code, stdout, stderr } = await run(python, [LIST, archives], { cwd: root });
  if (code !== 0) {
    throw new Error(stderr);
  }
  /** @type {Record<"wheel" | "sdist", string[]>} */
  const found = JSON.parse(stdout);
  const inside = files
    .filter((file) => file.startsWith(`${folder}/`))
    .map((file) => file.slice(folder.length + 1));
  const sources = inside.filter((file) => file.startsWith("src/"));
  const wheel = sources.map((file) => file.slice("src/".length));
  const sdist = [...sources, "LICENSE", "README.md", "pyproject.toml"];
  return [
    ...differences(`${folder}: the wheel`, { found: found.wheel, expected: wheel }),
    ...differences(`${folder}: the sdist`, { found: found.sdist, expected: sdist }),
  ];
}

/**
 * @param {string} what
 * @param {{ found: string[], expected: string[] }} names
 * @returns {string[]}
 */
function differences(what, { found, expected }) {
  return [
    ...expected.filter((name) => !found.includes(name)).map((name) => `${what} lacks ${name}`),
    ...found.filter((name) => !expected.includes(name)).map((name) => `${what} has ${name}`),
  ];
}

/**
 * Installs the wheels in an empty folder, and makes a call from there. What they need of others is
 * that of the environment, which is the lock's.
 *
 * @param {{ bin: string, made: string }} given `made` has a folder for each distribution.
 * @returns {Promise<string[]>}
 */
async function callProblems({ bin, made }) {
  const python = join(bin, "python");
  const target = join(made, "installed");
  const files = readdirSync(made, { recursive: true, encoding: "utf8" });
  const built = files.filter((file) => file.endsWith(".whl")).map((file) => join(made, file));
  const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index"];
  const env = { PYTHONPATH: [target, process.env["PYTHONPATH"] ?? ""].join(delimiter) };
  for (const args of [
    [...install, "--target", target, ...built],
    ["-m", "pip", "check"],
  ]) {
    const { problems } = verdictOf(await run(python, args, { cwd: made }));
    if (problems.length > 0) {
      return problems;
    }
  }
  const { problems } = verdictOf(await run(python, [CALL, target], { cwd: made, env }));
  return problems.map((problem) => `installed from its wheel, the SDK makes no call: ${problem}`);
}
