import { EXIT_MISSING_TOOL, MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { UserError } from "../user_error.js";
import { UsageError } from "./arguments.js";
import { checkCommand } from "./check_command.js";
import type { Command, Output } from "./command.js";
import { diffCommand } from "./diff_command.js";
import { emitCommand } from "./emit_command.js";
import { surfaceCommand } from "./surface_command.js";

const HELP = `Usage: ameide-manifest COMMAND [OPTION...]

Says what must exist in every SDK, and whether it does.

  emit     the manifest of a descriptor image
  surface  what an SDK has
  check    whether what must exist does
  diff     what a newer manifest changes

ameide-manifest COMMAND --help says the rest.
`;

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["emit", emitCommand],
  ["surface", surfaceCommand],
  ["check", checkCommand],
  ["diff", diffCommand],
]);

/**
 * Runs the program.
 *
 * @param given - Its arguments. pnpm's separator is passed over.
 * @returns the exit code: 2 for wrong arguments, else what the command's help says.
 */
export async function runCli(given: readonly string[], output: Output): Promise<number> {
  const [name, ...argv] = given.filter((argument) => argument !== "--");
  if (name === "--help" || name === "-h") {
    output.out(HELP);
    return 0;
  }
  const command = COMMANDS.get(name ?? "");
  if (command === undefined) {
    const what = name === undefined ? "a command is missing" : `there is no command ${name}`;
    output.line(`${what}; there are ${[...COMMANDS.keys()].join(", ")} (see --help)`);
    return 2;
  }
  if (argv.includes("--help") || argv.includes("-h")) {
    output.out(command.help);
    return 0;
  }
  try {
    return await command.run(argv, output);
  } catch (reason) {
    if (reason instanceof UsageError) {
      output.line(`${reason.message} (see ameide-manifest ${name} --help)`);
      return 2;
    }
    if (reason instanceof MissingTool) {
      output.line(reason.message);
      return EXIT_MISSING_TOOL;
    }
    if (reason instanceof UserError) {
      output.line(reason.message);
      return 1;
    }
    throw reason;
  }
}
