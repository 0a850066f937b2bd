/**
 * @module
 * The plugins, to be run by `runNodeJs` of `@bufbuild/protoplugin`.
 */
export { protocGenAmeide } from "./plugin.js";
export { protocGenAmeideGo } from "./plugin_go.js";
export { protocGenAmeidePython } from "./plugin_python.js";
