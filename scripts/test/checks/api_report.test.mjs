// @ts-check
import { describe, expect, it } from "vitest";

import { manifest, plant } from "../harness/planted.mjs";
import {
  apiReport,
  differences,
  entriesOf,
  makeReports,
  undocumented,
} from "../../checks/api_report.mjs";
import { openTree } from "../../checks/tree.mjs";

const PACKAGE = {
  name: "@acme/a",
  version: "0.0.0",
  exports: {
    ".": { require: "./dist/cjs/index.js", default: "./dist/index.js" },
    "./deep/v1": { browser: "./dist/deep/v1_web.js", default: "./dist/deep/v1.js" },
    "./gen/*": "./gen/*.js",
  },
};

const DECLARED = `import { Inner } from "./inner.js";
/** Doubles. */
export declare function twice(value: number): Inner;
`;

const INNER = "/** Within. */\nexport interface Inner { readonly depth: number }\n";

const CLEAN = {
  "package.json": manifest({ private: true }),
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/a/package.json": manifest(PACKAGE),
  "packages/a/dist/index.d.ts": DECLARED,
  "packages/a/dist/inner.d.ts": INNER,
  "packages/a/dist/deep/v1.d.ts": "/** One. */\nexport declare const one: 1;\n",
  "packages/a/dist/deep/v1_web.d.ts": "/** One. */\nexport declare const one: 1;\n",
};

/** Declarations without a docstring, beside some with one. */
const SILENT = `export type Word = Inside;
type Inside = string;
/** Holds. */
export declare class Holder {
  /** Number. */
  readonly value: number;
  readonly member: string;
}
export {};
`;

/** A file of dist, what it becomes, and the report that no longer fits. */
const CHANGES = [
  ["index.d.ts", DECLARED.replace("number", "string"), "index.api.md:"],
  // A change in a type that no entry names.
  ["inner.d.ts", INNER.replace("number", "string"), "index.api.md:"],
  ["deep/v1.d.ts", "/** Two. */\nexport declare const two: 2;\n", "deep_v1.api.md:"],
];

it("has a report for each entry, whoever it is for", () => {
  expect(entriesOf(PACKAGE)).toEqual(["deep/v1", "deep/v1_web", "index"]);
});

describe("api-report", { timeout: 60_000 }, () => {
  it("is green on what was reported, red on each difference, and without a report", async () => {
    const planted = plant(CLEAN);
    const check = async () => {
      const tree = { ...(await openTree(planted.root)), build: async () => [] };
      return (await apiReport.run(tree)).problems;
    };
    expect(await check()).toContain("packages/a/api/index.api.md: is not there");

    const reports = makeReports(`${planted.root}/packages/a`, entriesOf(PACKAGE));
    for (const [name, text] of reports) {
      planted.write({ [`packages/a/api/${name}`]: text });
    }
    expect(await check()).toEqual([]);

    for (const [file, text, says] of CHANGES) {
      planted.write({ ...CLEAN, [`packages/a/dist/${file}`]: text });
      expect(await check()).toEqual([
        expect.stringContaining(`packages/a/api/${says}`),
        "where the change is wanted: pnpm api",
      ]);
    }

    planted.write({ ...CLEAN, "packages/a/dist/index.d.ts": `${DECLARED}${SILENT}` });
    const silent = (await check()).filter((problem) => problem.endsWith("has no docstring"));
    expect(silent.map((problem) => problem.replace(/^.*?"|".*/g, ""))).toEqual([
      "readonly member: string;",
      "type Inside = string;",
      "export type Word = Inside;",
    ]);

    planted.write({ "packages/a/package.json": manifest({ ...PACKAGE, private: true }) });
    expect(await check()).toEqual(["saw no published entry"]);
  });
});

it("names the first line that differs, and reports of no entry", () => {
  const before = new Map(Object.entries({ "a.api.md": "one\ntwo", "gone.api.md": "" }));
  const after = new Map(Object.entries({ "a.api.md": "one\n  three\nfour" }));
  expect(differences(before, after)).toEqual([
    'a.api.md:2: says "two", the build "three"',
    "gone.api.md: no entry has this name",
  ]);
  expect(differences(new Map([["a.api.md", "one\ntwo"]]), new Map([["a.api.md", "one"]]))).toEqual([
    'a.api.md:2: says "two", the build nothing',
  ]);
});

it("names what has no docstring by the line of the report", () => {
  const report = `// @public
export class A {
    // (undocumented)
    readonly b: string;
    readonly c: string;
}

// @public
export interface D {
    // (undocumented)
    readonly e: string;
}

// @public (undocumented)
type F = string;
`;
  expect(undocumented("a.api.md", report)).toEqual([
    'a.api.md:4: "readonly b: string;" has no docstring',
    'a.api.md:15: "type F = string;" has no docstring',
  ]);
});
