// @ts-check
// Builds a Go program of the workspace, from its folder to a file:
//
//     node scripts/go_build.mjs packages/sdk-go/conformance packages/sdk-go/dist/adapter
//
// `--with PATTERN` links every package that a pattern of `go list` names, too.
//
// Exit code 3: there is no Go; standard error says so in one line.
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { run } from "./command.mjs";
import { goVersion } from "./go_tools.mjs";
import { EXIT_MISSING_TOOL, MissingTool } from "./missing_tool.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds a Go program of the workspace. One that is current is not linked again.
 *
 * @param {string} source Its folder.
 * @param {string} target Path of the program.
 * @param {string} [pattern] Of packages that are linked, too.
 * @throws {MissingTool} When there is no Go.
 * @throws {Error} With what Go said, when it could not build it.
 */
export async function goBuild(source, target, pattern) {
  await goVersion(root);
  mkdirSync(dirname(target), { recursive: true });
  // Built aside: another process may be running the program that is there.
  const fresh = mkdtempSync(join(dirname(target), ".build-"));
  const clean = () => rmSync(fresh, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    const built = join(fresh, basename(target));
    begin(target, built);
    const overlay = pattern === undefined ? [] : [await overlayOf(pattern, source, fresh)];
    // Without the commit, which would have every program linked again after each.
    await go(["build", "-buildvcs=false", "-o", built, ...overlay, `./${source}`]);
    renameSync(built, target);
  } finally {
    process.off("exit", clean);
    clean();
  }
}

/**
 * Lets a build begin from the program that is there, which Go keeps if it is current; else it
 * replaces the file, and what was there stays as it is.
 *
 * @param {string} target
 * @param {string} built
 */
function begin(target, built) {
  try {
    linkSync(target, built);
  } catch {
    // There is none yet, or the file system has no links: it is linked anew.
  }
}

/**
 * Writes a file of imports, and returns the flag by which the build sees it in a program's folder.
 *
 * @param {string} pattern
 * @param {string} source
 * @param {string} temporary
 */
async function overlayOf(pattern, source, temporary) {
  const format = "{{if .GoFiles}}{{.ImportPath}}{{end}}";
  const listed = await go(["list", "-find", "-f", format, pattern], resolve(root, source));
  const imports = listed.split("\n").filter((path) => path !== "");
  const file = join(temporary, "imports.go");
  writeFileSync(file, `package main\n\n${imports.map((path) => `import _ "${path}"\n`).join("")}`);
  const overlay = join(temporary, "overlay.json");
  const seen = join(root, source, "imports.go");
  writeFileSync(overlay, JSON.stringify({ Replace: { [seen]: file } }));
  return `-overlay=${overlay}`;
}

/**
 * @param {string[]} args
 * @param {string} [cwd]
 * @returns {Promise<string>} What it printed.
 */
async function go(args, cwd = root) {
  // What go reads of a program that is current is kept to its end, in tens of megabytes.
  const env = { GOGC: "400" };
  const { code, stdout, stderr } = await run("go", args, { cwd, env, timeoutMs: 600_000 });
  if (code !== 0) {
    throw new Error(`${stderr}${stdout}`.trimEnd());
  }
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { with: { type: "string" } },
  });
  const [folder, program, ...others] = positionals;
  if (folder === undefined || program === undefined || others.length > 0) {
    throw new Error("usage: go_build.mjs [--with PATTERN] FOLDER PROGRAM");
  }
  try {
    await goBuild(folder, resolve(root, program), values.with);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof MissingTool ? EXIT_MISSING_TOOL : 1;
  }
}
