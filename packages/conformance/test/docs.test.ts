import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadAdapters } from "../src/adapter/adapters.js";
import { runCli } from "../src/cli/cli.js";
import { CASES } from "../src/common/folders.js";
import { loadCases } from "../src/suite/load_cases.js";
import { kindsOf, wants } from "../src/suite/plan.js";
import { NONE_KNOWN } from "../src/suite/known_failing.js";
import { runSuite } from "../src/run/run_suite.js";

// What the pages say, done.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The first block of a language on a page. */
function block(page: string, language: string): string {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
  const found = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(text)?.[1];
  if (found === undefined) {
    throw new Error(`${page} has no block of ${language}`);
  }
  return found;
}

test(
  "add-an-sdk.md: its adapter ends with every case red by `error`, and none hangs",
  { timeout: 60_000 },
  async () => {
    writeFileSync(join(folder, "adapter.mjs"), block("add-an-sdk.md", "js"));
    writeFileSync(
      join(folder, "adapters.yaml"),
      block("add-an-sdk.md", "yaml").replace(/\S+\/adapter\.mjs/, "adapter.mjs"),
    );
    const adapters = loadAdapters(join(folder, "adapters.yaml"), ".");
    expect(adapters.map(({ sdk }) => sdk)).toEqual(["mine"]);
    const { cases } = loadCases([CASES]);
    const { results, problems, sdks } = await runSuite({
      cases,
      knownFailing: NONE_KNOWN,
      adapters,
    });
    expect(sdks).toEqual([{ sdk: "mine", version: "0.0.0" }]);
    expect(problems).toEqual([]);
    expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(["failed"]));
    const red = new Set(results.map(({ case: { name } }) => name));
    // Those for other HTTP clients alone are none of its.
    const own = cases.filter((one) => wants(one, "native"));
    expect(own.filter(({ name }) => !red.has(name))).toEqual([]);
    const unary = results.filter(
      ({ combination, case: one }) => combination && kindsOf(one).length > 0,
    );
    expect(unary.length).toBeGreaterThan(1000);
    for (const { differences, combination } of unary) {
      const seen = `the adapter failed: cannot make a ${combination?.entry} client yet`;
      expect(differences).toEqual([{ step: "adapter", what: "", expected: "an answer", seen }]);
    }
  },
);

test("testing.md: its case is green on every SDK", async () => {
  writeFileSync(join(folder, "order.yaml"), block("testing.md", "yaml"));
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await runCli(["--cases", folder], { print, printError: print });
  expect({ code, output: lines.join("\n") }).toEqual({
    code: 0,
    output: expect.stringMatching(/[1-9]\d* passed, 0 failed, 0 skipped$/),
  });
});

test("testing.md: its case can fail", async () => {
  const text = block("testing.md", "yaml").replace("UnknownWithKey", "Unknown");
  writeFileSync(join(folder, "order.yaml"), text);
  const print = () => {};
  expect(await runCli(["--cases", folder], { print, printError: print })).toBe(1);
});

test("README.md: as many cases as there are", () => {
  const { cases } = loadCases([CASES]);
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`over ${Math.floor(cases.length / 100) * 100} [cases]`);
});
