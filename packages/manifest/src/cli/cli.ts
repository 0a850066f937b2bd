import { EXIT_MISSING_TOOL, MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { UserError } from "../user_error.js";
import { UsageError } from "./arguments.js";
import type { Commands, Output } from "./command.js";

/**
 * Runs the program.
 *
 * @param given - Its arguments. pnpm's separator is passed over.
 * @returns the exit code: 2 for wrong arguments, else what the command's help says.
 */
export async function runCli(
  commands: Commands,
  given: readonly string[],
  output: Output,
): Promise<number> {
  const [name, ...argv] = given.filter((argument) => argument !== "--");
  if (name === "--help" || name === "-h") {
    output.out(await helpOf(commands));
    return 0;
  }
  const load = commands.get(name ?? "");
  if (load === undefined) {
    const what = name === undefined ? "a command is missing" : `there is no command ${name}`;
    output.line(`${what}; there are ${[...commands.keys()].join(", ")} (see --help)`);
    return 2;
  }
  const command = await load();
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

async function helpOf(commands: Commands): Promise<string> {
  const width = Math.max(...[...commands.keys()].map((name) => name.length)) + 2;
  const lines = await Promise.all(
    [...commands].map(async ([name, load]) => `  ${name.padEnd(width)}${(await load()).about}`),
  );
  return `Usage: ameide-manifest COMMAND [OPTION...]

Says what must exist in every SDK, and whether it does.

${lines.join("\n")}

ameide-manifest COMMAND --help says the rest.
`;
}
