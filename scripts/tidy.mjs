// @ts-check
// Makes every go.mod and go.sum of the repository tidy. `--help` says the rest.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { preflight } from "./preflight.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 tidy

Runs go mod tidy over every Go module of the repository, each with the others as
they are on disk. Commit what it changes: the check go compares.

Exit code 0: all are tidy; 1: Go is missing or failed; 2: wrong arguments.`;

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2).filter((argument) => argument !== "--");

if (args.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(HELP);
} else if (args.length > 0) {
  console.error(`unknown argument ${args[0]} (see --help)`);
  process.exitCode = 2;
} else {
  preflight();
  try {
    await tidyAll();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function tidyAll() {
  const { openTree } = await import("./checks/tree.mjs");
  const { goModules, makeTidy } = await import("./go_modules.mjs");
  const { goVersion } = await import("./go_tools.mjs");
  await goVersion(root);
  const { files } = await openTree(root);
  const modules = goModules(files, (file) => readFileSync(join(root, file), "utf8"));
  for (const module of modules) {
    const changed = await makeTidy({ root, module, modules });
    console.log(`${module.folder}: ${changed ? "made tidy" : "is tidy"}`);
  }
}
