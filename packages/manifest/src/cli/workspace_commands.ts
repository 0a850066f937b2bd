import { takeSurfaces } from "../take_surfaces.js";
import { checkCommand } from "./check_command.js";
import type { Commands } from "./command.js";
import { diffCommand } from "./diff_command.js";
import { emitCommand } from "./emit_command.js";
import { surfaceCommand } from "./surface_command.js";

/** The commands of the program in this repository. */
export const WORKSPACE_COMMANDS: Commands = new Map([
  ["emit", emitCommand],
  ["surface", surfaceCommand],
  ["check", checkCommand(takeSurfaces)],
  ["diff", diffCommand],
]);
