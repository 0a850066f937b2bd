// @ts-check
import { describe, expect, it } from "vitest";

import { manifest, plant } from "../harness/planted.mjs";
import {
  fieldProblems,
  longFiles,
  packageShape,
  versionProblems,
} from "../../checks/package_shape.mjs";
import { openTree } from "../../checks/tree.mjs";

const HOME = "https://github.com/acme/acme";

const PRIVATE = {
  name: "@ameideio/a",
  version: "0.0.0",
  private: true,
  license: "Apache-2.0",
  type: "module",
};

const PUBLISHED = {
  ...PRIVATE,
  private: false,
  description: "Does what a.proto says",
  files: ["dist"],
  sideEffects: false,
  exports: {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  },
  repository: { type: "git", url: `git+${HOME}.git`, directory: "packages/a" },
  homepage: `${HOME}/tree/main/packages/a#readme`,
  bugs: { url: `${HOME}/issues` },
  keywords: ["a"],
};

const CLEAN = {
  "package.json": manifest({ private: true, repository: { url: `git+${HOME}.git` } }),
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  ".gitattributes": "gen/** linguist-generated\n",
  "packages/a/package.json": manifest(PUBLISHED),
  LICENSE: "Apache License\n",
  "packages/a/LICENSE": "Apache License\n",
  "packages/a/README.md": `# a\n\nDoes what\n\`a.proto\` says, and more.\n[b](${HOME}/blob/main/b.md)\nnpm install @ameideio/a\n`,
  "packages/a/dist/index.js": "export {};\n",
  "packages/a/dist/index.d.ts": "export {};\n",
};

describe("package-shape", { timeout: 60_000 }, () => {
  it("is green on a clean tree", async () => {
    expect(await check({})).toEqual([]);
  });

  it.each([
    ["a foreign name", { name: "a" }, "name is not in @ameideio/"],
    ["a stamped version", { version: "1.0.0" }, "version is not 0.0.0"],
    ["another licence", { license: "MIT" }, "license is not Apache-2.0"],
    ["no licence", { license: undefined }, "license is not Apache-2.0"],
    ["CommonJS", { type: "commonjs" }, 'type is not "module"'],
    ["no files", { files: undefined }, "states no files"],
    ["no sideEffects", { sideEffects: undefined }, "states no sideEffects"],
    ["no exports", { exports: undefined }, "states no exports"],
    ["a hidden package.json", { exports: "./dist/index.js" }, "exports no ./package.json"],
  ])("is red on %s", (_, fields, says) => {
    const changed = /** @type {typeof PUBLISHED} */ ({ ...PUBLISHED, ...fields });
    expect(fieldProblems(changed)).toEqual([expect.stringContaining(says)]);
    expect(fieldProblems(PUBLISHED)).toEqual([]);
    expect(fieldProblems(PRIVATE)).toEqual([]);
  });

  it("is red on what the npm page lacks", async () => {
    const problems = await check({
      "packages/a/package.json": manifest({
        ...PUBLISHED,
        homepage: HOME,
        keywords: [],
        peerDependencies: { b: "^1.0.0", c: "^1.0.0" },
        peerDependenciesMeta: { c: { optional: true } },
      }),
      "packages/a/LICENSE": "Another licence\n",
      "packages/a/README.md": "# a\n[b](../../b.md)\nnpm install @ameideio/a\n",
    });
    expect(problems).toEqual([
      "packages/a: published, but has no LICENSE like that of the root",
      `packages/a: published, but homepage is not "${PUBLISHED.homepage}"`,
      "packages/a: published, but states no keywords",
      `packages/a: README.md:2: ../../b.md leads nowhere from the registry: begin with ${HOME}/blob/main/`,
      "packages/a: README.md: does not begin with the description of package.json",
      'packages/a: README.md: no "npm install" of b',
    ]);
  });

  it.each([
    ["no description", { description: undefined }],
    ["an empty description", { description: "" }],
    ["a description that the README does not begin with", { description: "Does more" }],
  ])("is red on %s", async (_, fields) => {
    const changed = /** @type {typeof PUBLISHED} */ ({ ...PUBLISHED, ...fields });
    expect(await check({ "packages/a/package.json": manifest(changed) })).toEqual([
      "packages/a: README.md: does not begin with the description of package.json",
    ]);
  });

  it("takes versions from the catalog, and ranges from published peers only", () => {
    const pinned = { dependencies: { a: "catalog:" }, devDependencies: { b: "workspace:*" } };
    expect(versionProblems(pinned)).toEqual([]);
    expect(versionProblems({ devDependencies: { a: "1.0.0" } })).toHaveLength(1);
    expect(versionProblems({ dependencies: { a: "workspace:^" } })).toHaveLength(1);
    expect(versionProblems({ peerDependencies: { a: "^1.0.0" } })).toEqual([]);
    expect(versionProblems({ private: true, peerDependencies: { a: "^1.0.0" } })).toHaveLength(1);
  });

  it("is red on an export that is not built, and says what publint says", async () => {
    const problems = await check({
      "packages/a/package.json": manifest({
        ...PUBLISHED,
        exports: { ...PUBLISHED.exports, "./gone": "./dist/gone.js" },
      }),
    });
    expect(problems).toContain("packages/a: exports name ./dist/gone.js, which does not exist");
    expect(problems).toContainEqual(expect.stringMatching(/^packages\/a: publint: .*gone\.js/));
  });

  it("is red on a dependency that nothing uses, and knows the ways to use one", async () => {
    const dependencies = { yaml: "catalog:", publint: "catalog:", "@types/node": "catalog:" };
    const problems = await check({
      "packages/a/package.json": manifest({
        ...PUBLISHED,
        devDependencies: { ...dependencies, vitest: "catalog:", unused: "catalog:" },
        scripts: { lint: "publint --strict" },
      }),
      "packages/a/src/a.ts": 'import { parse } from "yaml";\n',
      "packages/a/src/a.test.ts": 'import { it } from "vitest/node";\n',
    });
    expect(problems).toEqual(["packages/a: unused is not used"]);
  });

  it("is red on a build that failed", async () => {
    const tree = await openTree(plant(CLEAN).root);
    const { problems } = await packageShape.run({ ...tree, build: async () => ["no build"] });
    expect(problems).toEqual(["no build"]);
  });
});

describe("longFiles", () => {
  it("counts what people write, and nothing else", async () => {
    const lines = (/** @type {number} */ count) => "a\n".repeat(count);
    const tree = await openTree(
      plant({
        ".gitattributes": "gen/** linguist-generated\n",
        "longest.ts": lines(500),
        "long.ts": lines(501),
        "long.go": lines(501),
        "gen/long.ts": lines(501),
        "testdata/long.yaml": lines(501),
        "pnpm-lock.yaml": lines(501),
        "long.json": lines(501),
      }).root,
    );
    expect(longFiles(tree)).toEqual([
      "long.go: 501 lines, at most 500",
      "long.ts: 501 lines, at most 500",
    ]);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  const tree = await openTree(plant({ ...CLEAN, ...files }).root);
  return (await packageShape.run({ ...tree, build: async () => [] })).problems;
}
