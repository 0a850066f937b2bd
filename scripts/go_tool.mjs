// @ts-check
// Builds a tool of tools/go.mod, unless it is there already, and prints where it is:
//
//     node scripts/go_tool.mjs connectrpc.com/conformance/cmd/connectconformance
//
// Exit code 3: there is no Go; standard error says so in one line.
import process from "node:process";
import { fileURLToPath } from "node:url";

import { buildGoTools } from "./go_tools.mjs";
import { EXIT_MISSING_TOOL, MissingTool } from "./missing_tool.mjs";

const [path, ...others] = process.argv.slice(2);
if (path === undefined || others.length > 0) {
  throw new Error("usage: go_tool.mjs IMPORT_PATH");
}
try {
  const [program] = await buildGoTools(fileURLToPath(new URL("..", import.meta.url)), [path]);
  console.log(program);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof MissingTool ? EXIT_MISSING_TOOL : 1;
}
