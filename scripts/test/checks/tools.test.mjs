// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { bufFormat, bufLint } from "../../checks/buf.mjs";
import { format } from "../../checks/format.mjs";
import { generated } from "../../checks/generated.mjs";
import { lint } from "../../checks/lint.mjs";
import { openTree } from "../../checks/tree.mjs";
import { types } from "../../checks/types.mjs";

const TSCONFIG = JSON.stringify({
  compilerOptions: { module: "nodenext", strict: true, noEmit: true, types: [] },
});

const PROTO = `// Greetings.
syntax = "proto3";

package acme.greet.v1;

// What is said.
message Greeting {
  // The words.
  string text = 1;
}
`;

/** The cheapest tree each check is green on, and what makes it red. */
const CASES = [
  {
    check: format,
    clean: { "a.ts": 'export const a = "b";\n' },
    planted: { "a.ts": "export const a='b'\n" },
    says: "a.ts",
  },
  {
    check: lint,
    clean: {
      ".oxlintrc.json": '{ "rules": { "eqeqeq": "error" } }',
      "a.ts": "export const same = (a: number, b: number) => a === b;\n",
    },
    planted: { "a.ts": "export const same = (a: number, b: number) => a == b;\n" },
    says: "eqeqeq",
  },
  {
    check: types,
    clean: {
      "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
      "packages/a/package.json": "{}",
      "packages/a/tsconfig.json": TSCONFIG,
      "packages/a/a.ts": "export const a: number = 1;\n",
    },
    planted: { "packages/a/a.test.ts": 'export const a: number = "one";\n' },
    says: "TS2322",
  },
  {
    check: bufLint,
    clean: { ...bufWorkspace(PROTO) },
    planted: bufWorkspace(PROTO.replace("message Greeting", "message greeting")),
    says: "proto/acme/greet/v1/greet.proto:7:9: MESSAGE_PASCAL_CASE: ",
  },
  {
    check: bufFormat,
    clean: { ...bufWorkspace(PROTO) },
    planted: bufWorkspace(PROTO.replace("  string text", "     string text")),
    says: "greet.proto",
  },
  {
    check: generated,
    clean: { "scripts/generate.mjs": "" },
    planted: { "scripts/generate.mjs": "console.log('a.pb.go is stale'); process.exitCode = 1;" },
    says: "a.pb.go is stale",
  },
];

describe.each(CASES)("$check.name", { timeout: 60_000 }, ({ check, clean, planted, says }) => {
  it("is green on a clean tree and red on a planted violation", async () => {
    const repository = plant(clean);
    const run = async () =>
      check.run({ ...(await openTree(repository.root)), build: async () => [] });
    expect((await run()).problems).toEqual([]);
    repository.write(planted);
    expect((await run()).problems.join("\n")).toContain(says);
  });

  it("is red when what it runs cannot run", async () => {
    const tree = await openTree(plant({}).root);
    const broken = { ...tree, root: "nowhere", packages: () => [], build: async () => [] };
    expect((await check.run(broken)).problems).not.toEqual([]);
  });
});

describe.each([bufLint, lint, types])("$name", ({ run }) => {
  it("tells a failed build instead of its consequences", async () => {
    const tree = { ...(await openTree(plant({}).root)), build: async () => ["a: does not build"] };
    expect(await run(tree)).toEqual({ problems: ["a: does not build"] });
  });
});

/** @param {string} proto */
function bufWorkspace(proto) {
  return {
    "buf.yaml": "version: v2\nmodules:\n  - path: proto\n",
    "proto/acme/greet/v1/greet.proto": proto,
  };
}
