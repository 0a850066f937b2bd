import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { compare, type Comparison, isAsStated } from "../../src/demo/compare.js";
import { FAULTS } from "../../src/demo/faults/index.js";
import { reset } from "../../src/demo/faults/reset.js";
import { toReport } from "../../src/demo/json.js";
import { type Language, otherSdks } from "../../src/demo/languages.js";
import { remoteSdk } from "../../src/demo/remote_sdk.js";
import { runTrial } from "../../src/demo/run_trial.js";
import { styleFor } from "../../src/demo/style.js";
import { heading, rowEnd, rowStart, verdictLine } from "../../src/demo/table.js";
import { timeline } from "../../src/demo/timeline.js";

const PROGRAM = fileURLToPath(new URL("../harness/remote_program.mjs", import.meta.url));
const plain = styleFor({}, {});
const like = (...args: string[]) => remoteSdk("Go", [process.execPath, PROGRAM, ...args]);

describe("an SDK behind a program", () => {
  const all: Comparison[] = [];

  beforeAll(async () => {
    for (const fault of FAULTS) {
      all.push(await compare(fault, [like()]));
    }
  }, 60_000);

  test("has the same faults happen to it, and decides the same", () => {
    expect(all.map(({ others }) => others.map(({ difference }) => difference))).toEqual(
      FAULTS.map(() => [undefined]),
    );
    expect(all.map(({ others }) => others.map(({ deviations }) => deviations))).toEqual(
      FAULTS.map(() => [[]]),
    );
    expect(all.every(isAsStated)).toBe(true);
  });

  test("has a column, a line of the detail and a part of the verdict", () => {
    expect(heading([like()])).toMatch(/ameide +TS {2}Go$/);
    const [first] = all as [Comparison];
    const rows = all.map((each) => rowStart(1, each.fault.title, [like()]) + rowEnd(each, plain));
    expect(rows[0]).toMatch(/ {2}billed 1× +✓ {3}✓$/);
    expect(rows.filter((row) => row.length > 100 || !/ [=✗] {3}\w/.test(row))).toEqual([]);
    expect(heading([like()]).length).toBeLessThanOrEqual(100);
    expect(timeline(1, first, plain)).toContain("\n         Go: same decisions ✓\n");
    expect(verdictLine(all)).toBe(
      "verdict: 6 of 6 as the contract says, alike in TypeScript and Go",
    );
    const { calls, verdict } = toReport(all);
    expect(calls.slice(0, 3).map(({ sdk }) => sdk)).toEqual(["typical", "ameide", "Go"]);
    expect(verdict).toBe("pass");
  });
});

test("one that decides otherwise is red, and says where", { timeout: 20_000 }, async () => {
  const comparison = await compare(reset, [like("no-retries")]);
  const [other] = comparison.others;
  expect(other?.difference).toBe("outcome unavailable, not outcome ok");
  expect(other?.deviations).toContain("attempts is 1, not 2");
  expect(rowEnd(comparison, plain)).toMatch(/✓ {3}✗$/);
  expect(timeline(1, comparison, plain)).toContain("Go: differs: outcome unavailable");
  expect(verdictLine([comparison])).toMatch(/^verdict: 0 of 1 /);
  expect(toReport([comparison]).verdict).toBe("fail");
});

test.each([
  ["that is not there", ["no/such/program"], /ENOENT/],
  ["that ends", [process.execPath, "-e", "process.exit(4)"], /ended with 4/],
] as const)("a program %s fails the call and says why", async (_, command, says) => {
  await expect(
    (async () => {
      const trial = await runTrial(reset, remoteSdk("Go", command));
      return trial.outcome;
    })(),
  ).rejects.toThrow(says);
});

test("a language that is missing is a line that says what to install, and in CI an error", async () => {
  const missing = "console.error('cobol was not found: install COBOL'); process.exit(3)";
  const build = (code: string) => [process.execPath, "-e", code] as const;
  const cobol: Language = { name: "COBOL", build: build(missing), program: ["x"] };
  expect(await otherSdks([cobol], true)).toEqual({
    sdks: [],
    leftOut: ["COBOL is left out: cobol was not found: install COBOL"],
  });
  const refused = otherSdks([cobol], false);
  await expect(refused).rejects.toThrow(/^cobol was not found: install COBOL$/);
  const there = await otherSdks([{ name: "Go", build: build(""), program: ["x"] }]);
  expect(there.sdks.map(({ name }) => name)).toEqual(["Go"]);
  const broken = build("console.error('main.go:7: no'); process.exit(1)");
  await expect(otherSdks([{ name: "Go", build: broken, program: ["x"] }])).rejects.toThrow(
    "main.go:7: no",
  );
});
