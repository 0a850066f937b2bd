// @ts-check
// Builds a Go program of the workspace, from its folder to a file:
//
//     node scripts/go_build.mjs packages/sdk-go/conformance packages/sdk-go/dist/adapter
//
// Exit code 3: there is no Go; standard error says so in one line.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { run } from "./command.mjs";
import { goVersion } from "./go_tools.mjs";
import { EXIT_MISSING_TOOL, MissingTool } from "./missing_tool.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder, program, ...others] = process.argv.slice(2);
if (folder === undefined || program === undefined || others.length > 0) {
  throw new Error("usage: go_build.mjs FOLDER PROGRAM");
}
try {
  await build(folder, resolve(root, program));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof MissingTool ? EXIT_MISSING_TOOL : 1;
}

/**
 * @param {string} source
 * @param {string} target
 */
async function build(source, target) {
  await goVersion(root);
  mkdirSync(dirname(target), { recursive: true });
  // Built aside: another process may be running the program that is there.
  const fresh = mkdtempSync(join(dirname(target), ".build-"));
  try {
    const built = join(fresh, basename(target));
    const args = ["build", "-o", built, `./${source}`];
    const { code, stdout, stderr } = await run("go", args, { cwd: root, timeoutMs: 600_000 });
    if (code !== 0) {
      throw new Error(`${stderr}${stdout}`.trimEnd());
    }
    renameSync(built, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
