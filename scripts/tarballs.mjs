// @ts-check
// Packs the npm packages that belong together, as a release would. `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import util from "node:util";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 tarballs [FOLDER] [--install PROJECT [--tools]]

Builds and packs the npm packages, as a release would, and prints the line that
installs them in a project of yours: the way to use a clone until there is a
release.

  FOLDER             where the tarballs go, .cache/tarballs of the clone by
                     default
  --install PROJECT  install the SDK there, too, by npm: in a folder with a
                     package.json
  --tools            and ameide-tools, for protos of your own
  --help             this text

After a change pack again, and install again.

Go and Python need no packing. With CLONE the clone's path, a Go module uses it
by the lines of CLONE/packages/sdk-go/README.md; in Python type:

  pip install CLONE/packages/core-proto/python CLONE/packages/sdk-python

Exit code 0: packed; 1: something went wrong; 2: wrong arguments.`;

const root = fileURLToPath(new URL("..", import.meta.url));

const OPTIONS = /** @type {const} */ ({
  install: { type: "string" },
  tools: { type: "boolean", default: false },
  help: { type: "boolean", short: "h" },
});

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== "--"));

/**
 * @param {string[]} args
 * @returns {Promise<number>} The exit code.
 */
async function main(args) {
  const typedIn = process.env.INIT_CWD ?? process.cwd();
  let parsed;
  try {
    parsed = util.parseArgs({ args, options: OPTIONS, allowPositionals: true });
    if (parsed.positionals.length > 1) {
      throw new Error("one folder at most");
    }
    if (parsed.values.tools && parsed.values.install === undefined) {
      throw new Error("--tools goes with --install PROJECT");
    }
  } catch (error) {
    console.error(`${messageOf(error).split(/\. |\n/)[0]} (see --help)`);
    return 2;
  }
  const { positionals, values } = parsed;
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(typedIn, positionals[0] ?? join(root, ".cache/tarballs"));
  const project = values.install === undefined ? undefined : resolve(typedIn, values.install);
  const problem = unfit(folder, project);
  if (problem !== undefined) {
    console.error(problem);
    return 2;
  }
  preflight();
  try {
    const { packAll } = await import("./pack_all.mjs");
    const into = project === undefined ? {} : { project, tools: values.tools };
    await packAll({ root, folder, ...into });
    return 0;
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

/**
 * What keeps the tarballs from a folder, or from a project, if anything does.
 *
 * @param {string} folder
 * @param {string | undefined} project
 * @returns {string | undefined}
 */
function unfit(folder, project) {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    return `${folder} is no folder (see --help)`;
  }
  if (project !== undefined && !existsSync(join(project, "package.json"))) {
    return `${project} has no package.json: make the folder, and type \`npm init -y\` in it`;
  }
  return undefined;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
