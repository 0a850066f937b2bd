import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { UserError } from "./user_error.js";

const LARGEST_OUTPUT_BYTES = 1_000_000_000;
const LINES_SHOWN = 20;

/** How a program is run. */
export interface ToolOptions {
  readonly cwd: string;
  /** What to do where it is not there. */
  readonly install: string;
  /** Over the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program of somebody else to its end, and gives what it printed.
 *
 * @throws MissingTool if it is not there.
 * @throws UserError with what it wrote to standard error, if it fails; if there is no such folder.
 */
export async function runTool(
  [program, ...args]: readonly [program: string, ...args: string[]],
  { cwd, install, env = {} }: ToolOptions,
): Promise<string> {
  try {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: LARGEST_OUTPUT_BYTES };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (reason) {
    const { code, stderr } = reason as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT" && !existsSync(cwd)) {
      throw new UserError(`there is no folder ${cwd}`);
    }
    if (code === "ENOENT") {
      throw new MissingTool(`${program} was not found: ${install}`);
    }
    // What `go run` adds.
    const own = stderr?.trim().replace(/\nexit status \d+$/, "");
    const said = own === undefined || own === "" ? String(reason) : own;
    throw new UserError(`${program} failed: ${shortened(said)}`);
  }
}

// The first error is the one to mend, and a compiler may tell of thousands.
function shortened(text: string): string {
  const lines = text.split("\n");
  const more = lines.length - LINES_SHOWN;
  return more <= 0 ? text : [...lines.slice(0, LINES_SHOWN), `and ${more} lines more`].join("\n");
}
