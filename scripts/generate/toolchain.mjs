// @ts-check
import { run } from "../command.mjs";
import { buildGoTools, GO_PLUGINS } from "../go_tools.mjs";
import { pythonEnvironment } from "../python_env.mjs";

/**
 * Makes sure of what the languages' plugins need. TypeScript's are in node_modules, but for our own,
 * which is compiled here.
 *
 * @param {string} root
 * @param {import("./languages.mjs").Language["name"]} language
 * @returns {Promise<void>}
 * @throws {import("../missing_tool.mjs").MissingTool} When the language is not installed.
 */
export async function preparePlugins(root, language) {
  if (language === "TypeScript") {
    await must("tsc", ["-p", "packages/protoc-gen-ameide/tsconfig.build.json"], root);
  } else if (language === "Go") {
    await buildGoTools(root, GO_PLUGINS);
  } else {
    await pythonEnvironment(root);
  }
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
  if (code !== 0) {
    throw new Error(`${program} failed:\n${stderr}${stdout}`.trimEnd());
  }
  return stdout;
}
