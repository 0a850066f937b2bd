import { runScript } from "@ameideio/scripts/missing_tool.mjs";

const PACKAGE = "connectrpc.com/conformance/cmd/connectconformance";

/**
 * Builds Connect's runner as pinned in tools/go.mod, unless it is built already, and returns its
 * path.
 *
 * @throws MissingTool if there is no Go.
 * @throws Error with Go's output, if the build failed.
 */
export async function findRunner(): Promise<string> {
  return (await runScript([process.execPath, "scripts/go_tool.mjs", PACKAGE])).trim();
}
