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
exports into api/NAME.txt beside its go.mod. Commit that with the change: the
check api-report compares it. Without Go it writes TypeScript's, and says so.

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
  const { entriesOf, makeReports, reportedPackages, REPORTS } =
    await import("./checks/api_report.mjs");
  const { workspacePackages } = await import("./workspace.mjs");
  for (const { directory, manifest } of reportedPackages(workspacePackages(root))) {
    if (!(await build(manifest.name ?? ""))) {
      return 1;
    }
    const folder = join(root, directory);
    const reports = makeReports(folder, entriesOf(manifest));
    rmSync(join(folder, REPORTS), { recursive: true, force: true });
    mkdirSync(join(folder, REPORTS));
    for (const [name, text] of reports) {
      writeFileSync(join(folder, REPORTS, name), text);
    }
    console.log(`${directory}/${REPORTS}: ${reports.size} reports`);
  }
  return writeGoReports();
}

/** @returns {Promise<number>} The exit code. */
async function writeGoReports() {
  const { REPORTS } = await import("./checks/api_report.mjs");
  const { goFolders, goReports } = await import("./checks/go_api.mjs");
  const { openTree } = await import("./checks/tree.mjs");
  const { goVersion } = await import("./go_tools.mjs");
  const { MissingTool } = await import("./missing_tool.mjs");
  const { ci, files } = await openTree(root);
  try {
    for (const directory of goFolders(files)) {
      await goVersion(root);
      const reports = await goReports(join(root, directory));
      const folder = join(root, directory, REPORTS);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [name, text] of reports) {
        writeFileSync(join(folder, name), text);
      }
      console.log(`${directory}/${REPORTS}: ${reports.size} reports`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof MissingTool)) {
      throw error;
    }
    console.error(error.message);
    return ci ? 1 : 0;
  }
}
