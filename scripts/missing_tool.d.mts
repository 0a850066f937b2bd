/** A language's toolchain that is not on this machine. The message says what to install. */
export class MissingTool extends Error {}

/** The exit code of scripts that lack a toolchain: 3. */
export const EXIT_MISSING_TOOL: number;

/**
 * Runs a script, or a command that tells of a missing toolchain as scripts do, and gives what it printed.
 *
 * @param cwd - Default: the root of the repository.
 * @param env - Over the variables of this process.
 * @throws MissingTool when it ends with EXIT_MISSING_TOOL.
 * @throws Error with what it wrote to standard error, when it failed otherwise.
 */
export function runScript(
  command: readonly [program: string, ...args: string[]],
  cwd?: string,
  env?: NodeJS.ProcessEnv,
): Promise<string>;
