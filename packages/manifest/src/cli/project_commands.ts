import type { Inspectors } from "../inspect/inspect_roster.js";
import { checkCommand } from "./check_command.js";
import type { Commands } from "./command.js";
import { diffCommand } from "./diff_command.js";
import { emitCommand } from "./emit_command.js";
import { rosterSurfaceCommand } from "./roster_surface_command.js";

/** The commands of the program as it is published, for modules of other people. */
export function projectCommands(inspectors: Inspectors): Commands {
  return new Map([
    ["emit", emitCommand],
    ["surface", rosterSurfaceCommand(inspectors)],
    ["check", checkCommand()],
    ["diff", diffCommand],
  ]);
}
