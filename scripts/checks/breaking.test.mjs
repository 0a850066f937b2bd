// @ts-check
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { plant } from "../testing/planted.mjs";
import { bufBreaking } from "./breaking.mjs";
import { policyFacts } from "./facts.mjs";
import { openTree } from "./tree.mjs";

const POLICY = "proto/ameide/policy/v1/policy.proto";
const METER = "proto/acme/meter/v1/meter.proto";

const CONTRACT = `syntax = "proto3";
package acme.meter.v1;
import "ameide/policy/v1/policy.proto";
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
}
message Request {
  string id = 1;
  vendored.Thing thing = 2;
}
message Response {}
`;

const WORKSPACE = {
  // A second module must not be reported as deleted, nor judged. Without the exception buf reports
  // a raised idempotency level as well as a lowered one.
  "buf.yaml": [
    "version: v2",
    "modules: [{ path: proto }, { path: third_party/vendored }]",
    "breaking: { use: [FILE], except: [RPC_SAME_IDEMPOTENCY_LEVEL] }",
  ].join("\n"),
  "third_party/vendored/vendored.proto":
    'syntax = "proto3";\npackage vendored;\nmessage Thing { string a = 1; }\n',
  [POLICY]: readFileSync(fileURLToPath(new URL(`../../${POLICY}`, import.meta.url)), "utf8"),
  [METER]: CONTRACT,
};

describe("buf-breaking", { timeout: 60_000 }, () => {
  it.each([
    ["a deleted field", ["  string id = 1;\n", ""], "deleted"],
    ["a changed type", ["string id = 1", "int32 id = 1"], "changed type"],
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
  ])("is red on %s", async (_, [from = "", to = ""], says) => {
    const repository = plant(WORKSPACE);
    repository.commit();
    repository.write({ [METER]: CONTRACT.replace(from, to) });
    expect((await check(repository)).problems.join("\n")).toContain(says);
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
  it("is green when every method says what SDKs need to know", async () => {
    expect(await facts(CONTRACT)).toEqual([]);
  });

  it.each([
    [
      "no idempotency level",
      ["    option idempotency_level = NO_SIDE_EFFECTS;\n", ""],
      "MeterService/Read: states no idempotency_level",
    ],
    [
      "no tenant mode",
      ["  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;\n", ""],
      "MeterService/Read: neither it nor its service states the tenant mode",
    ],
    [
      "a timeout of nothing",
      [
        "option idempotency_level",
        "option (ameide.policy.v1.default_timeout_ms) = 0;\noption idempotency_level",
      ],
      "MeterService/Read: default_timeout_ms is 0, must be at least 1",
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
  return bufBreaking.run(await openTree(root, { ci }));
}
