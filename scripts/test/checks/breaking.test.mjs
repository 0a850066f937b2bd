// @ts-check
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { bufBreaking } from "../../checks/breaking.mjs";
import { policyFacts } from "../../checks/facts.mjs";
import { openTree } from "../../checks/tree.mjs";

const POLICY = "proto/ameide/policy/v1/policy.proto";
const FIELD_INFO = "third_party/googleapis/google/api/field_info.proto";
const METER = "proto/acme/meter/v1/meter.proto";

const CONTRACT = `syntax = "proto3";
package acme.meter.v1;
import "ameide/policy/v1/policy.proto";
import "google/api/field_info.proto";
import "vendored.proto";
service MeterService {
  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;
  rpc Read(Request) returns (Response) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc Record(Request) returns (Response) {
    option idempotency_level = IDEMPOTENCY_UNKNOWN;
    option (ameide.policy.v1.idempotency_key) = true;
  }
  rpc Pay(Payment) returns (Response) {
    option idempotency_level = IDEMPOTENCY_UNKNOWN;
    option (ameide.policy.v1.request_id_field) = "id";
  }
  rpc Retired(Request) returns (Response) {
    option idempotency_level = IDEMPOTENT;
  }
}
message Request {
  string id = 1;
  vendored.Thing thing = 2;
}
message Payment {
  string id = 1 [(google.api.field_info).format = UUID4];
  string other_id = 2 [(google.api.field_info).format = UUID4];
  string text = 3;
  oneof of { string either = 4 [(google.api.field_info).format = UUID4]; }
  repeated string ids = 5 [(google.api.field_info).format = UUID4];
  string address = 6 [(google.api.field_info).format = IPV4];
}
message Response {}
message Spare {}
`;

const RETIRED = `  rpc Retired(Request) returns (Response) {
    option idempotency_level = IDEMPOTENT;
  }
`;

const WORKSPACE = {
  // A second module must not be reported as deleted, nor judged. Without the exception buf reports
  // a raised idempotency level as well as a lowered one.
  "buf.yaml": [
    "version: v2",
    "modules: [{ path: proto }, { path: third_party/vendored }, { path: third_party/googleapis }]",
    "breaking: { use: [FILE], except: [RPC_SAME_IDEMPOTENCY_LEVEL] }",
  ].join("\n"),
  "third_party/vendored/vendored.proto":
    'syntax = "proto3";\npackage vendored;\nmessage Thing { string a = 1; }\n',
  [POLICY]: own(POLICY),
  [FIELD_INFO]: own(FIELD_INFO),
  [METER]: CONTRACT,
};

/** @param {string} path */
function own(path) {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
}

describe("buf-breaking", { timeout: 60_000 }, () => {
  it.each([
    ["a removed field", ["  string id = 1;\n", ""], `${METER}:23:1: FIELD_NO_DELETE: `],
    ["a renamed field", ["string id = 1", "string name = 1"], `${METER}:24:10: FIELD_SAME_NAME: `],
    [
      "a renamed field, for JSON",
      ["string id = 1", "string name = 1"],
      `${METER}:24:3: FIELD_SAME_JSON_NAME: `,
    ],
    ["a renumbered field", ["string id = 1", "string id = 9"], `${METER}:23:1: FIELD_NO_DELETE: `],
    ["a changed type", ["string id = 1", "int32 id = 1"], `${METER}:24:3: FIELD_SAME_TYPE: `],
    ["a renamed method", ["rpc Retired", "rpc Gone"], `${METER}:6:1: RPC_NO_DELETE: `],
    ["a removed method", [RETIRED, ""], `${METER}:6:1: RPC_NO_DELETE: `],
    ["a removed message", ["message Spare {}\n", ""], `${METER}:1:1: MESSAGE_NO_DELETE: `],
    [
      "a lowered idempotency level",
      ["NO_SIDE_EFFECTS", "IDEMPOTENT"],
      "acme.meter.v1.MeterService/Read: idempotency_level was lowered from NO_SIDE_EFFECTS to IDEMPOTENT",
    ],
    [
      "a deleted idempotency level",
      ["    option idempotency_level = NO_SIDE_EFFECTS;\n", ""],
      "lowered from NO_SIDE_EFFECTS to IDEMPOTENCY_UNKNOWN",
    ],
    [
      "a dropped idempotency key",
      ["    option (ameide.policy.v1.idempotency_key) = true;\n", ""],
      "acme.meter.v1.MeterService/Record: the option idempotency_key was dropped",
    ],
    [
      "a request id field no longer named",
      ['    option (ameide.policy.v1.request_id_field) = "id";\n', ""],
      "acme.meter.v1.MeterService/Pay: the option request_id_field was dropped",
    ],
    [
      "another request id field",
      ['request_id_field) = "id"', 'request_id_field) = "other_id"'],
      "acme.meter.v1.MeterService/Pay: the option request_id_field was changed from id to other_id",
    ],
    [
      "a field that is gone and reserved, as CONTRIBUTING says",
      ["  string text = 3;\n", '  reserved 3;\n  reserved "text";\n'],
      "Bring it back\nand mark it `deprecated = true`",
    ],
    [
      "a method that is gone, for which there is nothing to reserve",
      [RETIRED, ""],
      "Bring it back\nand mark it `deprecated = true`",
    ],
  ])("is red on %s", async (_, [from = "", to = ""], says) => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.write({ [METER]: CONTRACT.replace(from, to) });
    expect((await check(repository)).problems.join("\n")).toContain(says);
  });

  it("is green on what was marked deprecated instead of removed", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    const marked = CONTRACT.replace(
      "  string text = 3;",
      "  string text = 3 [deprecated = true];",
    ).replace(RETIRED, RETIRED.replace("{\n", "{\n    option deprecated = true;\n"));
    expect(marked.match(/deprecated = true/g)).toHaveLength(2);
    repository.write({ [METER]: marked });
    expect((await check(repository)).problems).toEqual([]);
  });

  it("is green when the contract only grows, and when others' modules change", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.write({
      [METER]: CONTRACT.replace("string id = 1;", "string id = 1;\n  string more = 3;").replace(
        "IDEMPOTENCY_UNKNOWN",
        "IDEMPOTENT",
      ),
      "third_party/vendored/vendored.proto":
        'syntax = "proto3";\npackage vendored;\nmessage Thing { int32 b = 2; }\n',
    });
    expect((await check(repository)).problems).toEqual([]);
  });

  it("compares with the last release, not with what was never released", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.git("tag", "v0.1.0");
    repository.write({
      [METER]: CONTRACT.replace("string id = 1;", "string id = 1; string more = 3;"),
    });
    repository.commit();
    repository.git("tag", "not-a-release");
    repository.write({ [METER]: CONTRACT });
    expect(await check(repository)).toEqual({ problems: [], note: "compared with release v0.1.0" });
  });

  it("compares a release with the one before it", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.git("tag", "v0.9.0");
    repository.write({ [METER]: CONTRACT.replace("string id = 1;", "") });
    repository.commit();
    repository.git("tag", "v0.10.0");
    const { problems, note } = await check(repository);
    expect(note).toBe("compared with release v0.9.0");
    expect(problems).not.toEqual([]);
  });

  it("compares a branch with its merge base with main", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.git("switch", "--quiet", "--create", "topic");
    repository.write({ [METER]: CONTRACT.replace("string id = 1;", "") });
    repository.commit();
    repository.write({ "a.md": "" });
    repository.commit();
    const { problems, note } = await check(repository);
    expect(note).toMatch(/^compared with the merge base with main, /);
    expect(problems).not.toEqual([]);
  });

  it("compares main, once committed, with its previous commit", async () => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.write({ [METER]: CONTRACT.replace("string id = 1;", "") });
    repository.commit();
    const { problems, note } = await check(repository);
    expect(note).toMatch(/^compared with the previous commit, /);
    expect(problems).not.toEqual([]);
  });

  it("says when there is nothing to compare with", async () => {
    const repository = plant({ "a.md": "" });
    const none = "nothing to compare with:";
    expect((await check(repository)).note).toBe(`${none} there is no earlier commit`);
    repository.commit();
    repository.write(WORKSPACE);
    expect((await check(repository)).note).toMatch(/: HEAD, [0-9a-f]{12} holds no Buf module$/);
    expect((await check(repository)).problems).toEqual([]);
  });

  it("is red in CI when the history ends before there is something to compare with", async () => {
    const origin = plant(WORKSPACE);
    origin.commit();
    origin.write({ "a.md": "" });
    origin.commit();
    const clone = plant({});
    clone.git("fetch", "--quiet", "--depth=1", `file://${origin.root}`, "main");
    clone.git("reset", "--quiet", "--hard", "FETCH_HEAD");
    expect((await check(clone, { ci: true })).problems).toEqual([
      expect.stringContaining("this clone is shallow: fetch the whole history"),
    ]);
    expect(await check(clone, { ci: false })).toMatchObject({ problems: [] });
  });
});

describe("policy-facts", { timeout: 60_000 }, () => {
  it("is green when what options name is there", async () => {
    expect(await facts(CONTRACT)).toEqual([]);
  });

  it.each([
    [
      "a timeout of nothing",
      [
        "option idempotency_level",
        "option (ameide.policy.v1.default_timeout_ms) = 0;\noption idempotency_level",
      ],
      "MeterService/Read: default_timeout_ms is 0, must be at least 1",
    ],
    ...[
      ["that is not there", "id_", "is no field of acme.meter.v1.Payment"],
      ["without a format", "text", "must have (google.api.field_info).format = UUID4"],
      ["of another format", "address", "must have (google.api.field_info).format = UUID4"],
      ["in a oneof", "either", "must be one string of acme.meter.v1.Payment, outside of any oneof"],
      [
        "that is a list",
        "ids",
        "must be one string of acme.meter.v1.Payment, outside of any oneof",
      ],
    ].map(([what, name, says]) => [
      `a request id field ${what}`,
      ['request_id_field) = "id"', `request_id_field) = "${name}"`],
      `acme.meter.v1.MeterService/Pay: request_id_field "${name}" ${says}`,
    ]),
    [
      "a request id field of a stream of requests",
      ["rpc Pay(Payment)", "rpc Pay(stream Payment)"],
      'MeterService/Pay: request_id_field "id" is not for a method that streams its requests',
    ],
  ])("is red on %s", async (_, [from = "", to = ""], says) => {
    expect((await facts(CONTRACT.replace(from, to)))[0]).toContain(says);
  });
});

/** @param {string} contract */
async function facts(contract) {
  const { root } = plant({ ...WORKSPACE, [METER]: contract });
  return (await policyFacts.run(await openTree(root))).problems;
}

/**
 * @param {{ root: string }} repository
 * @param {{ ci: boolean }} [options]
 */
async function check({ root }, { ci } = { ci: false }) {
  return bufBreaking.run({ ...(await openTree(root, { ci })), build: async () => [] });
}
