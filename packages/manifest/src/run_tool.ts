import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { UserError } from "./user_error.js";

const LARGEST_OUTPUT_BYTES = 1_000_000_000;

/**
 * Runs a program of somebody else to its end, and gives what it printed.
 *
 * @param install - What to do where it is not there.
 * @throws MissingTool if it is not there.
 * @throws UserError with what it wrote to standard error, if it fails.
 */
export async function runTool(
  [program, ...args]: readonly [program: string, ...args: string[]],
  { cwd, install }: { readonly cwd: string; readonly install: string },
): Promise<string> {
  try {
    const options = { cwd, maxBuffer: LARGEST_OUTPUT_BYTES };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (reason) {
    const { code, stderr } = reason as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") {
      throw new MissingTool(`${program} was not found: ${install}`);
    }
    const said = stderr === undefined || stderr === "" ? String(reason) : stderr.trim();
    throw new UserError(`${program} failed: ${said}`);
  }
}
