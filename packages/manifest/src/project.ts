/**
 * @module
 * The program as it is published, for modules of other people.
 */
export { projectCommands } from "./cli/project_commands.js";
export type { Inspectors } from "./inspect/inspect_roster.js";
export { main } from "./main.js";
