// @ts-check
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it, onTestFinished } from "vitest";

import { run } from "../../command.mjs";
import { findFixtures } from "../../generate/fixtures.mjs";
import { CONFORMANCE_PROTO, CORE_PROTO, templateFor } from "../../generate/languages.mjs";
import { apply, compare, listFiles } from "../../generate/tree.mjs";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

describe("compare and apply", () => {
  it("takes over what is new, changed and gone, and touches nothing else", () => {
    const current = plant({ "a/same.js": "1", "a/old.js": "1", "b/c/gone.js": "1", "own.js": "1" });
    const fresh = plant({ "a/same.js": "1", "a/old.js": "2", "d/new.js": "1" });
    const longAgo = new Date(0);
    utimesSync(join(current, "a/same.js"), longAgo, longAgo);

    const differences = compare(current, fresh, ["a/", "b/", "d/"]);
    expect(differences).toEqual([
      { file: "a/old.js", kind: "changed" },
      { file: "b/c/gone.js", kind: "stale" },
      { file: "d/new.js", kind: "missing" },
    ]);

    apply(current, fresh, differences);
    expect(compare(current, fresh, ["a/", "b/", "d/"])).toEqual([]);
    expect(listFiles(current).toSorted()).toEqual(["a/old.js", "a/same.js", "d/new.js", "own.js"]);
    expect(statSync(join(current, "a/same.js")).mtime).toEqual(longAgo);
    expect(() => statSync(join(current, "b"))).toThrow("ENOENT");
  });

  it("refuses a file that was generated outside what generation owns", () => {
    const fresh = plant({ "other/new.js": "1" });
    expect(() => compare(plant({}), fresh, ["a/", "index.js"])).toThrow("other/new.js is not");
  });
});

describe("findFixtures", () => {
  const image = toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, {
      file: [
        { name: "acme/v1/a.proto", package: "acme.v1", messageType: [{ name: "PaidInvoice" }] },
      ],
    }),
  );

  it("knows the message by the name up to the first dot", () => {
    const protos = plant({
      "acme/v1/testdata/paid_invoice.in.full.json": "{}",
      "acme/v1/testdata/paid_invoice.json": "{}",
    });
    expect(findFixtures(protos, image)).toEqual([
      { name: "acme/v1/paid_invoice.in.full", type: "acme.v1.PaidInvoice", text: "{}" },
      { name: "acme/v1/paid_invoice", type: "acme.v1.PaidInvoice", text: "{}" },
    ]);
  });

  it.each([
    ["acme/v1/testdata/invoice.json", "there is no message of that name in acme/v1"],
    ["acme/v2/testdata/paid_invoice.json", "there is no message of that name in acme/v2"],
    ["acme/v1/paid_invoice.json", "fixtures lie in the testdata folder of a package"],
  ])("refuses %s", (file, message) => {
    expect(() => findFixtures(plant({ [file]: "{}" }), image)).toThrow(`proto/${file}: ${message}`);
  });
});

describe("templateFor", () => {
  const { ts, go } = CORE_PROTO.languages;
  const template = { version: "v2", plugins: [{ out: ts.folder }, { out: go.folder }] };

  it("keeps the plugins of the languages and everything else", () => {
    expect(templateFor(CORE_PROTO, template, ["TypeScript"])).toEqual({
      version: "v2",
      plugins: [{ out: ts.folder }],
    });
  });

  it.each(["gen", CONFORMANCE_PROTO.languages.ts.folder])(
    "refuses a plugin that writes to %s",
    (out) => {
      expect(() => templateFor(CORE_PROTO, { plugins: [{ out }] }, ["TypeScript"])).toThrow(
        `buf.gen.yaml: ${out} is the folder of no language`,
      );
    },
  );
});

describe("without Go and Python", () => {
  it("generate says in one line what to install", async () => {
    const { code, stderr } = await bare("scripts/generate.mjs");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^go was not found: install Go [^\n]+\n$/);
  });

  it("generate names the packages there are", async () => {
    const { code, stderr } = await bare("scripts/generate.mjs", { args: ["--package", "other"] });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "there is no package other; there are core-proto, conformance-proto (see --help)\n",
    );
  });

  it("generate --check does the same with CI=true", async () => {
    const { code, stderr } = await bare("scripts/generate.mjs", { args: ["--check"], ci: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^go was not found: install Go [^\n]+\n$/);
  }, 60_000);

  it("generate --check leaves them out elsewhere, and says so", async () => {
    const { stdout } = await bare("scripts/generate.mjs", { args: ["--check"] });
    expect(stdout).toContain("Go is not checked: go was not found");
    expect(stdout).toContain("Python is not checked: python3 was not found");
  }, 60_000);

  it("go_build says in one line what to install, and ends with 3", async () => {
    const args = ["packages/core-proto/go", "dist/program"];
    const { code, stderr } = await bare("scripts/go_build.mjs", { args });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^go was not found: install Go [^\n]+\n$/);
  });

  it.each(["scripts/go_test.mjs", "scripts/pytest.mjs"])(
    "%s leaves one skipped test with its reason, and with CI=true a failed one",
    async (script) => {
      const cwd = plant({});
      expect((await bare(script, { cwd })).code).toBe(0);
      expect(counts(cwd)).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
      expect(counts(cwd).reason).toMatch(/was not found: install/);
      expect((await bare(script, { cwd, ci: true })).code).toBe(1);
      expect(counts(cwd)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
    },
  );
});

/**
 * A temporary folder with the given files, gone when the test is over.
 *
 * @param {Record<string, string>} files Path to content.
 */
function plant(files) {
  const root = mkdtempSync(join(tmpdir(), "ameide-generate-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/**
 * Runs a script of the repository where PATH holds Node.js and nothing else.
 *
 * @param {string} script
 * @param {{ args?: string[], cwd?: string, ci?: boolean }} [options]
 */
function bare(script, { args = [], cwd = REPOSITORY, ci = false } = {}) {
  const PATH = plant({});
  symlinkSync(process.execPath, join(PATH, "node"));
  const environment = ["-i", `PATH=${PATH}`, `CI=${ci}`];
  const program = [process.execPath, join(REPOSITORY, script), ...args];
  return run("/usr/bin/env", [...environment, ...program], { cwd });
}

/** @param {string} cwd */
function counts(cwd) {
  return JSON.parse(readFileSync(join(cwd, ".results/test.json"), "utf8"));
}
