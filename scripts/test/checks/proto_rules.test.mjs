// @ts-check
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { protoRules } from "../../checks/proto_rules.mjs";
import { openTree } from "../../checks/tree.mjs";
import { plant } from "../harness/planted.mjs";

const POLICY = "proto/ameide/policy/v1/policy.proto";
const NOTES = "proto/acme/notes/v1/notes.proto";
const FIXTURE = "proto/acme/notes/v1/testdata/get_request.json";

const CONTRACT = `syntax = "proto3";
package acme.notes.v1;
import "ameide/policy/v1/policy.proto";
import "google/protobuf/field_mask.proto";
service NotesService {
  rpc Get(GetRequest) returns (Note) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc ListNotes(ListRequest) returns (ListResponse) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc DeleteNote(GetRequest) returns (Note) { option idempotency_level = IDEMPOTENT; }
  rpc UpdateNote(UpdateRequest) returns (Note) { option idempotency_level = IDEMPOTENT; }
  rpc CreateNote(Note) returns (Note) { option (ameide.policy.v1.idempotency_key) = true; }
  rpc Getaway(GetRequest) returns (Note);
}
message Note { string id = 1; }
message GetRequest { string id = 1; }
message UpdateRequest { google.protobuf.FieldMask update_mask = 1; }
message ListRequest {}
message ListResponse {}
`;

const CLEAN = {
  "buf.yaml": "version: v2\nmodules: [{ path: proto }]\n",
  [POLICY]: readFileSync(new URL(`../../../${POLICY}`, import.meta.url), "utf8"),
  [NOTES]: CONTRACT,
  [FIXTURE]: '{ "id": "n1" }',
};

describe("proto-rules", { timeout: 60_000 }, () => {
  it("is green where the rules are kept", async () => {
    expect(await check({})).toEqual([]);
  });

  it.each([
    ["a read with side effects", "NO_SIDE_EFFECTS", "IDEMPOTENT", "Get: reads, so its"],
    ["a list with side effects", line("ListNotes"), bare("ListNotes"), "ListNotes: reads, so its"],
    [
      "a delete that is not idempotent",
      line("DeleteNote"),
      bare("DeleteNote"),
      "DeleteNote: deletes, so its",
    ],
    [
      "a create that must not be repeated",
      line("CreateNote"),
      bare("CreateNote"),
      "CreateNote: creates, so it",
    ],
    ["an update of everything", "update_mask", "mask", "UpdateNote: updates, so its request has"],
  ])("is red on %s", async (_, from, to, says) => {
    expect(CONTRACT).toContain(from);
    expect((await check({ [NOTES]: CONTRACT.replace(from, to) })).join("\n")).toContain(says);
  });

  it("is red on a service without a fixture", async () => {
    const elsewhere = { [FIXTURE.replace("get_request", "other")]: "{}" };
    const other = { [NOTES]: `${CONTRACT}message Other {}\n`, ...elsewhere };
    expect(await check(other, { without: FIXTURE })).toEqual([
      "acme.notes.v1.NotesService: no request or response of it has a fixture in testdata/",
    ]);
  });

  it("is red on a policy.proto that imports another", async () => {
    const another = 'import "google/protobuf/descriptor.proto";\nimport "acme/a.proto";';
    const policy = CLEAN[POLICY]?.replace('import "google/protobuf/descriptor.proto";', another);
    const planted = { [POLICY]: policy ?? "", "proto/acme/a.proto": 'syntax = "proto3";\n' };
    expect(await check(planted)).toEqual([
      `${POLICY}: imports acme/a.proto, may import google/protobuf alone`,
    ]);
  });

  it("is red when it sees no method", async () => {
    const repository = plant({ "buf.yaml": CLEAN["buf.yaml"], [POLICY]: CLEAN[POLICY] ?? "" });
    const { problems } = await protoRules.run(await openTree(repository.root));
    expect(problems).toEqual(["saw no method"]);
  });
});

/**
 * The line of a method, and below the same without what it states.
 *
 * @param {string} method
 */
function line(method) {
  return new RegExp(`^  rpc ${method}\\b.*$`, "m").exec(CONTRACT)?.[0] ?? "";
}

/** @param {string} method */
function bare(method) {
  return line(method).replace(/ \{.*/, ";");
}

/**
 * @param {Record<string, string>} planted
 * @param {{ without?: string }} [options]
 */
async function check(planted, { without } = {}) {
  const repository = plant({ ...CLEAN, ...planted });
  if (without !== undefined) {
    repository.remove(without);
  }
  return (await protoRules.run(await openTree(repository.root))).problems;
}
