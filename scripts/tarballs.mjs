// @ts-check
// Packs the packages that belong together, as a release would. `--help` says the rest.
// Nothing newer than the preflight itself may be loaded before it.
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 tarballs [FOLDER]

Builds and packs the SDK and what it depends on, as a release would, and prints
the line that installs them in a project of yours: until there is a release, the
way to use a clone.

  FOLDER   where the tarballs go (default: .cache/tarballs of the clone)
  --help   this text

After a change pack again, and type the line again.

Exit code 0: packed; 1: something went wrong; 2: wrong arguments.`;

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2).filter((argument) => argument !== "--");
const unknown = args.find((argument) => argument.startsWith("-"));

if (args.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(HELP);
} else if (unknown !== undefined || args.length > 1) {
  console.error(
    `${unknown === undefined ? "one folder at most" : `unknown option ${unknown}`} (see --help)`,
  );
  process.exitCode = 2;
} else {
  preflight();
  const typedIn = process.env.INIT_CWD ?? process.cwd();
  const folder = args[0] === undefined ? join(root, ".cache/tarballs") : resolve(typedIn, args[0]);
  try {
    const { packAll } = await import("./pack_all.mjs");
    await packAll(root, folder);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
