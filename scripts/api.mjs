// @ts-check
// Writes the API reports of the published packages. `--help` says the rest.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 api

Builds the published packages and writes what each of their entries declares
into api/NAME.api.md beside its package.json, and what each package of a Go SDK
and each public module of a Python SDK exports into api/NAME.txt beside its
go.mod or pyproject.toml. Commit that with the change: the check api-report
compares it. Without Go or Python it writes the others' reports, and says so.

Exit code 0: written; 1: a package could not be built or read; 2: wrong
arguments.`;

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2).filter((argument) => argument !== "--");

if (args.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(HELP);
} else if (args.length > 0) {
  console.error(`unknown argument ${args[0]} (see --help)`);
  process.exitCode = 2;
} else {
  preflight();
  process.exitCode = await writeReports();
}

/** @returns {Promise<number>} The exit code. */
async function writeReports() {
  const { build } = await import("./build.mjs");
  const { entriesOf, makeReports, reportedPackages } = await import("./checks/api_report.mjs");
  const { workspacePackages } = await import("./workspace.mjs");
  for (const { directory, manifest } of reportedPackages(workspacePackages(root))) {
    if (!(await build(manifest.name ?? ""))) {
      return 1;
    }
    await write(directory, makeReports(join(root, directory), entriesOf(manifest)));
  }
  return Math.max(await writeGoReports(), await writePythonReports());
}

/** @returns {Promise<number>} The exit code. */
async function writeGoReports() {
  const { goFolders, goReports } = await import("./checks/go_api.mjs");
  const { goVersion } = await import("./go_tools.mjs");
  return withTool(async (files) => {
    for (const directory of goFolders(files)) {
      await goVersion(root);
      await write(directory, await goReports(join(root, directory)));
    }
  });
}

/** @returns {Promise<number>} The exit code. */
async function writePythonReports() {
  const { pythonPackages, pythonReports } = await import("./checks/python_api.mjs");
  return withTool(async (files) => {
    for (const { directory, name } of pythonPackages(files)) {
      const { reports } = await pythonReports(join(root, directory), name);
      await write(directory, reports);
    }
  });
}

/**
 * @param {string} directory
 * @param {Map<string, string>} reports Text by file name.
 */
async function write(directory, reports) {
  const { REPORTS } = await import("./checks/api_report.mjs");
  const folder = join(root, directory, REPORTS);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of reports) {
    writeFileSync(join(folder, name), text);
  }
  console.log(`${directory}/${REPORTS}: ${reports.size} reports`);
}

/**
 * @param {(files: string[]) => Promise<void>} writeAll Given the files of the repository.
 * @returns {Promise<number>} The exit code: 0 too where the language's tools are missing, but not in CI.
 */
async function withTool(writeAll) {
  const { openTree } = await import("./checks/tree.mjs");
  const { MissingTool } = await import("./missing_tool.mjs");
  const { ci, files } = await openTree(root);
  try {
    await writeAll(files);
    return 0;
  } catch (error) {
    if (!(error instanceof MissingTool)) {
      throw error;
    }
    console.error(error.message);
    return ci ? 1 : 0;
  }
}
