import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lintText } from "./lint.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("README.md: the sample is what buf prints", () => {
  const note = `syntax = "proto3";
package acme.notes.v1;
import "ameide/policy/v1/policy.proto";
message Note {}
service NotesService {
  rpc GetNote(Note) returns (Note) { option idempotency_level = NO_SIDE_EFFECTS; }
}
`;
  const printed = lintText({ "acme/notes/v1/notes.proto": note });
  expect(readme).toContain(`\`\`\`\n${printed}\`\`\``);
});
