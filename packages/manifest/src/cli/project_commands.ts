import type { Inspectors } from "../inspect/inspect_roster.js";
import { checkCommand } from "./check_command.js";
import type { Commands } from "./command.js";
import { confirmCommand } from "./confirm_command.js";
import { diffCommand } from "./diff_command.js";
import { emitCommand } from "./emit_command.js";
import { initCommand } from "./init_command.js";
import { rosterSurfaceCommand } from "./roster_surface_command.js";

/** Files that the program comes with. */
export interface Assets extends Inspectors {
  /** The policy.proto that `init` vendors. */
  readonly policyProto: string;
}

/** The commands of the program as it is published, for modules of other people. */
export function projectCommands({ policyProto, ...inspectors }: Assets): Commands {
  const commands = {
    init: initCommand(policyProto),
    confirm: confirmCommand,
    emit: emitCommand,
    surface: rosterSurfaceCommand(inspectors),
    check: checkCommand(),
    diff: diffCommand,
  };
  return new Map(
    Object.entries(commands).map(([name, command]) => [name, () => Promise.resolve(command)]),
  );
}
