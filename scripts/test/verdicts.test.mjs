// @ts-check
import { expect, test } from "vitest";

import { COLUMN_IDS, runDigests, verdictFile } from "../verdicts.mjs";
import { plant } from "./harness/planted.mjs";

const FILES = {
  "packages/sdk/src/index.ts": "export {};\n",
  "packages/sdk-go/ameide.go": "package ameide\n",
  "packages/conformance/cases/retry/r01.yaml": "cases: []\n",
};

/**
 * The columns whose digest another file changes.
 *
 * @param {Record<string, string>} files
 */
async function changedBy(files) {
  const planted = plant(FILES);
  const before = await runDigests(planted.root);
  planted.write(files);
  const after = await runDigests(planted.root);
  return COLUMN_IDS.filter((column) => before[column] !== after[column]);
}

test("the sources of an SDK, its stubs and its adapter are those of its columns", async () => {
  expect(await changedBy({ "packages/sdk-go/ameide.go": "package other\n" })).toEqual(["go"]);
  expect(await changedBy({ "packages/sdk/conformance/src/adapter.ts": "" })).toEqual(["ts"]);
  expect(await changedBy({ "packages/core-proto/python/src/a.py": "" })).toEqual([
    "py-async",
    "py-sync",
  ]);
});

test("no two columns have one digest, though they are of the same files", async () => {
  const digests = await runDigests(plant(FILES).root);
  expect(new Set(Object.values(digests)).size).toBe(COLUMN_IDS.length);
});

test("cases, what runs them and third parties are those of all", async () => {
  const cases = "packages/conformance/cases/retry/r01.yaml";
  expect(await changedBy({ [cases]: "cases: [{}]\n" })).toEqual(COLUMN_IDS);
  expect(await changedBy({ "pnpm-lock.yaml": "lockfileVersion: 1\n" })).toEqual(COLUMN_IDS);
});

test.each([
  "go.work",
  "go.work.sum",
  "pnpm-workspace.yaml",
  "turbo.json",
  "tsconfig.base.json",
  "package.json",
  "scripts/conformance.mjs",
  "scripts/python_env.mjs",
])("what builds and starts the suites is that of all: %s", async (file) => {
  expect(await changedBy({ [file]: "other\n" })).toEqual(COLUMN_IDS);
});

test.each([
  ["packages/core-proto/policy-go/go.mod", ["go"]],
  ["packages/core-proto/policy-go/ameide/policy/v1/policy.pb.go", ["go"]],
  ["packages/core-proto/ts/gen/google/api/field_info_pb.js", ["ts"]],
  [
    "packages/core-proto/python/src/ameide_core_proto/google/api/field_info_pb.py",
    ["py-async", "py-sync"],
  ],
])("stubs of other modules are those of their column: %s", async (file, columns) => {
  expect(await changedBy({ [file]: "other\n" })).toEqual(columns);
});

test("nothing changes by test code, documentation and reports", async () => {
  const files = {
    "packages/sdk/test/index.test.ts": "",
    "packages/sdk-go/ameide_test.go": "",
    "packages/sdk/README.md": "",
    "packages/sdk/api/index.api.md": "",
    "packages/sdk-go/api/client.txt": "",
    "scripts/checks/words.mjs": "",
  };
  expect(await changedBy(files)).toEqual([]);
});

test("each suite has a file of each column", () => {
  expect(verdictFile("folder", "official", "go")).toBe("folder/official.go.json");
});
