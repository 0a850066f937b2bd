import { rosterPlugin } from "./roster_plugin.js";
import { rosterPython } from "./roster_python.js";

/**
 * Writes `roster.py`: where the client classes of every service are, and their types. The stubs are
 * those of protoc-gen-connectrpc, in the same folder.
 */
export const protocGenAmeidePython = rosterPlugin("protoc-gen-ameide-python", {
  name: "roster.py",
  content: rosterPython,
});
