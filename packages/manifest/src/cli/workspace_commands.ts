import type { Commands } from "./command.js";

/** The commands of the program in this repository. */
export const WORKSPACE_COMMANDS: Commands = new Map([
  ["emit", async () => (await import("./emit_command.js")).emitCommand],
  ["surface", async () => (await import("./surface_command.js")).surfaceCommand],
  ["check", loadCheck],
  ["diff", async () => (await import("./diff_command.js")).diffCommand],
]);

async function loadCheck() {
  const { checkCommand } = await import("./check_command.js");
  const { takeSurfaces } = await import("../take_surfaces.js");
  return checkCommand(takeSurfaces);
}
