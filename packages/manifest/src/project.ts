/**
 * @module
 * The program as it is published, for modules of other people.
 */
export { type Assets, projectCommands } from "./cli/project_commands.js";
export { main } from "./main.js";
