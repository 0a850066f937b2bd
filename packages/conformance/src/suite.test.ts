import { afterAll, expect, test } from "vitest";
import { loadAdapters } from "./adapters.js";
import { runCli } from "./cli.js";
import { ADAPTERS, CASES, ROSTER } from "./folders.js";
import { loadCases } from "./load_cases.js";
import { showCell } from "./plan.js";
import { loadRoster } from "./roster.js";
import { type CaseResult, runSuite } from "./run_suite.js";

// Every case on every SDK, in every cell: one test each, so that they are counted.
const { cases } = loadCases([CASES]);
const { roster } = loadRoster(ROSTER);
const adapters = loadAdapters(ADAPTERS.path, ADAPTERS.root);
const { results, problems } = await runSuite({ cases, roster, adapters });

const nameOf = ({ case: one, sdk, cell }: CaseResult) =>
  `${one.name} (${[sdk, ...(cell === undefined ? [] : [showCell(cell)])].join(" ")})`;
const ran = results.filter(({ verdict }) => verdict !== "skipped");
const waiting = results.filter(({ verdict }) => verdict === "skipped");

test.each(ran.map((result) => [nameOf(result), result] as const))("%s", (_name, result) => {
  expect(result.differences).toEqual([]);
});

test("nothing is wrong beyond single cases", () => {
  expect(problems).toEqual([]);
});

test("every case ran on every SDK, or waits in the roster", () => {
  for (const { sdk } of adapters) {
    const seen = new Set(results.filter((one) => one.sdk === sdk).map((one) => one.case.name));
    expect(cases.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  }
});

test("200 random cases do what the reference model says", { timeout: 60_000 }, async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await runCli(["--fuzz", "200"], { print, printError: print });
  expect({ code, output: code === 0 ? "" : lines.join("\n") }).toEqual({ code: 0, output: "" });
});

afterAll(() => {
  process.stdout.write(`${ran.length} cells ran, ${waiting.length} wait in the roster\n`);
});
