import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../../src/cli/cli.js";
import { openVerdicts } from "../../src/report/matrix_verdict.js";
import { fakeAdapter } from "../harness/fake_adapter.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-verdict-"));
  mkdirSync(join(folder, "area"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeCase(name: string, ok: string): void {
  const steps = "given: { steps: [{ call: { method: Idempotent, text: hello } }] }";
  const expected = `expect: { outcomes: [{ ok: ${ok} }], request_count: 1 }`;
  const text = `# Test.\ncases:\n  - name: ${name}\n    layer: memory\n    ${steps}\n    ${expected}\n`;
  writeFileSync(join(folder, "area", `${name.slice(0, 3)}.yaml`), text);
}

const verdict = (sdk = "ts") => join(folder, `matrix.${sdk}.json`);
const adapters = [{ ...fakeAdapter(), sdk: "ts" }, fakeAdapter()];
const quiet = { print: () => {}, printError: () => {}, adapters, silenceMs: 9000, inCi: false };

test("the verdict names what is red, and says that its sources are unknown", async () => {
  writeCase("t01 good", "done");
  writeCase("t02 bad", "other");
  const args = ["--cases", folder, "--verdicts", folder, "--format", "json"];
  expect(await runCli(args, quiet)).toBe(1);
  expect(JSON.parse(readFileSync(verdict(), "utf8"))).toEqual({
    schema: "ameide.parity.v1",
    sdk: "ts",
    version: "1.2.3",
    areas: [{ area: "area", layer: "memory", counts: { passed: 1, failed: 1 } }],
    red: [
      {
        case: "t02 bad",
        area: "area",
        file: expect.stringMatching(/t02\.yaml:3$/) as string,
        combination: "memory generic connect json",
        differences: [{ step: "outcome 1", what: "ok", expected: "other", seen: "done" }],
      },
    ],
    problems: ["its adapter says that it is fake"],
    cases: 2,
  });
  // What is no column has no verdict.
  expect(existsSync(verdict("fake"))).toBe(false);
});

test("a run of some cases leaves the place of whole runs alone", async () => {
  writeCase("t01 good", "done");
  writeFileSync(verdict(), "earlier");
  await runCli(["--cases", folder], { ...quiet, verdicts: folder });
  expect(readFileSync(verdict(), "utf8")).toBe("earlier");
});

test("an earlier verdict is gone when a run begins, and a whole run knows its sources", async () => {
  writeFileSync(verdict(), "earlier");
  const { runs } = await openVerdicts({ folder, whole: true, isOurs: true }, ["ts"]);
  expect(existsSync(verdict())).toBe(false);
  expect(runs["ts"]).toMatch(/^[0-9a-f]{64}$/);
});
