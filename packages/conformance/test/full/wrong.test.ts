import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { AdapterCommand } from "../../src/adapter/adapter_process.js";
import { loadAdapters } from "../../src/adapter/adapters.js";
import { ADAPTERS, CASES, KNOWN_FAILING } from "../../src/common/folders.js";
import { loadCases } from "../../src/suite/load_cases.js";
import { loadKnownFailing } from "../../src/suite/known_failing.js";
import { type CaseResult, runSuite, type SuiteResult } from "../../src/run/run_suite.js";
import type { Fault } from "../../src/wrong/fault.js";
import { FAULTS } from "../../src/wrong/faults.js";

// The real adapter, behind one that spoils what it says by one fault: the suite has to see it.
const { cases } = loadCases([CASES]);
const { knownFailing } = loadKnownFailing(KNOWN_FAILING);
const real = loadAdapters(ADAPTERS.path, ADAPTERS.root).find(({ sdk }) => sdk === "ts");
// Two processes an adapter, several at the same time: they may take longer to start than 10 s.
const PATIENT_MS = 60_000;
const wrapper = fileURLToPath(new URL("../../dist/wrong/adapter.js", import.meta.url));

function run(fault: Pick<Fault, "name" | "cases" | "silenceMs">): Promise<SuiteResult> {
  const { command, ...rest } = real as AdapterCommand;
  const adapter: AdapterCommand = {
    ...rest,
    command: [process.execPath, wrapper, fault.name, ...command],
  };
  return runSuite({
    cases: cases.filter(({ id }) => fault.cases.includes(id)),
    knownFailing,
    adapters: [adapter],
    silenceMs: fault.silenceMs ?? PATIENT_MS,
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

test("spoiling nothing, it passes every case that a fault is looked for with", async () => {
  const result = await run({ name: "", cases: FAULTS.flatMap((fault) => fault.cases) });
  expect(red(result).map(({ case: { name }, differences }) => [name, differences])).toEqual([]);
  expect(result.problems).toEqual([]);
  expect(result.results.length).toBeGreaterThan(100);
}, 240_000);

test.concurrent.each(FAULTS)(
  "caught: $name",
  async (fault) => {
    const result = await run(fault);
    const named = red(result).map(({ case: { id } }) => id);
    expect(fault.cases.filter((id) => named.includes(id))).not.toEqual([]);
    expect(differencesOf(result)).toContainEqual(expect.stringMatching(fault.shows));
    caught.push(fault.name);
  },
  180_000,
);

test("there are at least twenty-five faults, each of its own name", () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  expect(FAULTS.length).toBeGreaterThanOrEqual(25);
});

afterAll(() => {
  process.stdout.write(`caught ${caught.length} of ${FAULTS.length} wrong adapters\n`);
});
