import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { AdapterCommand } from "../../src/adapter/adapter_process.js";
import { loadAdapters } from "../../src/adapter/adapters.js";
import { ADAPTERS, CASES, KNOWN_FAILING } from "../../src/common/folders.js";
import { loadCases } from "../../src/suite/load_cases.js";
import { loadKnownFailing } from "../../src/suite/known_failing.js";
import { type CaseResult, runSuite, type SuiteResult } from "../../src/run/run_suite.js";
import type { Way } from "../../src/wrong/way.js";
import { WAYS } from "../../src/wrong/ways.js";

// The real adapter, behind one that spoils what it says in one way: the suite has to see it.
const { cases } = loadCases([CASES]);
const { knownFailing } = loadKnownFailing(KNOWN_FAILING);
const real = loadAdapters(ADAPTERS.path, ADAPTERS.root).find(({ sdk }) => sdk === "ts");
const wrapper = fileURLToPath(new URL("../../dist/wrong/adapter.js", import.meta.url));

function run(way: Pick<Way, "name" | "cases" | "silenceMs">): Promise<SuiteResult> {
  const { command, ...rest } = real as AdapterCommand;
  const adapter: AdapterCommand = {
    ...rest,
    command: [process.execPath, wrapper, way.name, ...command],
  };
  return runSuite({
    cases: cases.filter(({ id }) => way.cases.includes(id)),
    knownFailing,
    adapters: [adapter],
    ...(way.silenceMs === undefined ? {} : { silenceMs: way.silenceMs }),
  });
}

function red({ results }: SuiteResult): CaseResult[] {
  return results.filter(({ verdict }) => verdict === "failed");
}

const differencesOf = (result: SuiteResult) =>
  red(result).flatMap(({ differences }) =>
    differences.map(({ step, what, seen }) => `${step}, ${step === "adapter" ? seen : what}`),
  );

const caught: string[] = [];

test("spoiling nothing, it passes every case that a way is looked for with", async () => {
  const result = await run({ name: "", cases: WAYS.flatMap((way) => way.cases) });
  expect(red(result).map(({ case: { name }, differences }) => [name, differences])).toEqual([]);
  expect(result.problems).toEqual([]);
  expect(result.results.length).toBeGreaterThan(100);
}, 60_000);

test.concurrent.each(WAYS)(
  "caught: $name",
  async (way) => {
    const result = await run(way);
    const named = red(result).map(({ case: { id } }) => id);
    expect(way.cases.filter((id) => named.includes(id))).not.toEqual([]);
    expect(differencesOf(result)).toContainEqual(expect.stringMatching(way.shows));
    caught.push(way.name);
  },
  60_000,
);

test("there are at least twenty-five ways, each of its own name", () => {
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
  expect(WAYS.length).toBeGreaterThanOrEqual(25);
});

afterAll(() => {
  process.stdout.write(`caught ${caught.length} of ${WAYS.length} wrong adapters\n`);
});
