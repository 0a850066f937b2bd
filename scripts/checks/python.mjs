// @ts-check
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../command.mjs";
import { MissingTool } from "../missing_tool.mjs";
import { pythonEnvironment } from "../python_env.mjs";
import { verdictOf } from "./tree.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** The tools, each of which runs in the folders whose pyproject.toml has a table of it. */
const TOOLS = [
  { table: "ruff", args: ["ruff", "check", "--quiet", "--no-cache"] },
  { table: "ruff", args: ["ruff", "format", "--quiet", "--no-cache", "--diff"] },
  { table: "mypy", args: ["mypy", "--no-error-summary", "--no-pretty"] },
  { table: "basedpyright", args: ["basedpyright", "--warnings"] },
];

/** @type {import("./tree.mjs").Check} */
export const python = {
  name: "python",
  about: "ruff check, ruff format, mypy, basedpyright (mend with: ruff format, ruff check --fix)",
  async run({ root, ci, files, read }) {
    const projects = files.filter((file) => /(^|\/)pyproject\.toml$/.test(file));
    if (projects.length === 0) {
      return { problems: ["saw no pyproject.toml"] };
    }
    try {
      const bin = await pythonEnvironment(REPOSITORY);
      const problems = [];
      for (const project of projects) {
        const tables = read(project);
        for (const { table, args } of TOOLS) {
          if (tables.includes(`\n[tool.${table}]`)) {
            problems.push(...(await problemsOf({ root, bin, folder: dirname(project), args })));
          }
        }
      }
      return { problems, note: `${projects.length} projects` };
    } catch (error) {
      if (!(error instanceof MissingTool)) {
        throw error;
      }
      return ci
        ? { problems: [error.message] }
        : { problems: [], note: `not checked: ${error.message}` };
    }
  },
};

/**
 * @param {object} given
 * @param {string} given.root
 * @param {string} given.bin Folder of the environment's programs.
 * @param {string} given.folder Of the project.
 * @param {string[]} given.args The tool, and what it is given.
 * @returns {Promise<string[]>}
 */
async function problemsOf({ root, bin, folder, args: [tool = "", ...args] }) {
  const interpreter = join(bin, "python");
  const ours = tool === "basedpyright" ? ["--pythonpath", interpreter] : [];
  const options = { cwd: join(root, folder), timeoutMs: 600_000 };
  const { problems } = verdictOf(await run(join(bin, tool), [...args, ...ours], options));
  return problems.map((problem) => `${folder}: ${tool}: ${problem}`);
}
