import { rosterGo } from "./roster_go.js";
import { rosterPlugin } from "./roster_plugin.js";

/**
 * Writes `roster/roster.go`: package `roster`, a Connect client of every service
 * in one struct. The stubs are those of protoc-gen-connect-go, found by the
 * files' `go_package`.
 */
export const protocGenAmeideGo = rosterPlugin("protoc-gen-ameide-go", {
  name: "roster/roster.go",
  content: rosterGo,
});
