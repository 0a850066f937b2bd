// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../command.mjs";
import { MissingTool, pythonEnvironment } from "../python_env.mjs";

const GO_HINT = "go was not found: install Go 1.26 or newer (https://go.dev/dl) and put it on PATH";

/**
 * Makes sure of what the languages' plugins need. TypeScript's are in node_modules, but for our own,
 * which is compiled here.
 *
 * @param {string} root
 * @param {import("./languages.mjs").Language["name"]} language
 * @returns {Promise<void>}
 * @throws {MissingTool} When the language is not installed.
 */
export async function preparePlugins(root, language) {
  if (language === "TypeScript") {
    await must("tsc", ["-p", "packages/protoc-gen-ameide/tsconfig.build.json"], root);
  } else if (language === "Go") {
    await buildGoTools(root);
  } else {
    await pythonEnvironment(root);
  }
}

/**
 * Builds the tools of tools/go.mod into .cache/bin, unless they are those already.
 *
 * @param {string} root
 * @throws {MissingTool} When there is no Go.
 */
export async function buildGoTools(root) {
  const tools = join(root, "tools");
  const version = await run("go", ["version"], { cwd: root, timeoutMs: 30_000 });
  if (version.code !== 0) throw new MissingTool(GO_HINT);
  const hash = createHash("sha256").update(version.stdout);
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(tools, file)));
  const key = hash.digest("hex");
  const bin = join(root, ".cache", "bin");
  const marker = join(bin, ".go_tools");
  if (existsSync(marker) && readFileSync(marker, "utf8") === key) return;
  mkdirSync(bin, { recursive: true });
  await must("go", ["build", "-o", `${bin}/`, "tool"], tools, { GOWORK: "off" });
  writeFileSync(marker, key);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} What it printed.
 * @throws {Error} With what the program said, when it failed.
 */
export async function must(program, args, cwd, env = {}) {
  const { code, stdout, stderr } = await run(program, args, { cwd, env, timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`${program} failed:\n${stderr}${stdout}`.trimEnd());
  return stdout;
}
