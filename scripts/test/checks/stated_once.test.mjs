// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { copies, statedOnce } from "../../checks/stated_once.mjs";
import { openTree } from "../../checks/tree.mjs";

const CASE = { "packages/conformance/cases/retry/r01_unavailable.yaml": "# Test.\ncases: []\n" };
const COPY = 'import { it } from "vitest";\nit("r01 unavailable", () => {});\n';

describe("stated-once", () => {
  it("is red on a test that bears the id of a case, wherever the SDK's tests lie", async () => {
    const problems = await check({
      ...CASE,
      "packages/sdk/test/retry.test.ts": COPY,
      "packages/sdk/test/call/retry.test.ts": COPY,
    });
    expect(problems).toEqual([
      expect.stringContaining("packages/sdk/test/call/retry.test.ts:2: "),
      expect.stringContaining(
        'packages/sdk/test/retry.test.ts:2: "r01 unavailable": r01 is a case',
      ),
    ]);
  });

  it("is red in every language, and on ids of three digits", async () => {
    const problems = await check({
      ...CASE,
      "packages/conformance/cases/stream/s100_trailers.yaml": "# Test.\ncases: []\n",
      "packages/sdk-go/retry_test.go":
        'func TestRetry(t *testing.T) {\n\tt.Run("r01 again", f)\n}\n',
      "packages/sdk-go/http/retry_test.go": "// r01\nconst title = `s100 trailers`\n",
      "packages/sdk-python/tests/test_retry.py": "def test_retry():\n    case('r01 again')\n",
      "packages/sdk-go/conformance/adapter_test.go": 'const id = "r01"\n',
      "packages/sdk-go/retry.go": 'const id = "r01"\n',
    });
    expect(problems.map((problem) => problem.replace(/: .*/, ""))).toEqual([
      "packages/sdk-go/http/retry_test.go:2",
      "packages/sdk-go/retry_test.go:2",
      "packages/sdk-python/tests/test_retry.py:2",
    ]);
  });

  it("is green on other tests, and on those of the adapter", async () => {
    const problems = await check({
      ...CASE,
      "packages/sdk/test/retry.test.ts": COPY.replaceAll("r01", "r02"),
      "packages/sdk/conformance/src/adapter.test.ts": COPY,
    });
    expect(problems).toEqual([]);
  });

  it("is red when it saw no case, or no test", async () => {
    expect(await check({ "packages/sdk/test/retry.test.ts": COPY })).toEqual(["saw no case"]);
    expect(await check(CASE)).toEqual(["saw no test of an SDK"]);
  });
});

describe("copies", () => {
  it.each([
    ["a title", 'it("r01 x", run);'],
    ["a title of a table", "    ['r01 x', 1],"],
    ["a title with a part", "it(`r01 x: ${part}`, run);"],
    ["an id within a title", 'describe("as r01 says", run);'],
  ])("finds %s", (_, line) => {
    expect(copies("a.test.ts", line, new Set(["r01"]))).toHaveLength(1);
  });

  it.each([
    ["a comment", "// r01"],
    ["a longer word", 'it("r012", run); it("xr01", run); it("r01-x", run);'],
    ["a name", "const r01 = 1;"],
  ])("accepts %s", (_, line) => {
    expect(copies("a.test.ts", line, new Set(["r01"]))).toEqual([]);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  const { problems } = await statedOnce.run(await openTree(plant(files).root));
  return problems;
}
