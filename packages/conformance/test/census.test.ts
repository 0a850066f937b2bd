import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadAdapters } from "../src/adapter/adapters.js";
import { ADAPTERS, CASES, KNOWN_FAILING } from "../src/common/folders.js";
import { loadCases } from "../src/suite/load_cases.js";
import { showProblem } from "../src/suite/load_file.js";
import { loadKnownFailing, knownFailingProblems } from "../src/suite/known_failing.js";

/** The ids that the specification names; more may be there, none may be lost. */
const SPECIFIED: readonly string[] = [
  ...ids("r", 22),
  ...ids("b", 8),
  ...ids("q", 10),
  ...ids("h", 18),
  ...ids("d", 20),
  ...ids("i", 6),
  ...ids("s", 9),
  ...ids("a", 16),
  ...ids("o", 5),
  ...ids("t", 9),
  ...ids("x", 9),
  ...ids("e", 12),
  ...ids("m", 11),
  ...ids("l", 4),
  ...ids("p", 4),
  ...ids("c", 2),
  ...ids("k", 13).filter((id) => id !== "k08"),
];

const { cases, problems } = loadCases([CASES]);

test("every case can be read", () => {
  expect(problems.map(showProblem)).toEqual([]);
});

test("every id of the specification has a case", () => {
  expect(SPECIFIED).toHaveLength(177);
  const there = new Set(cases.map(({ id }) => id));
  expect(SPECIFIED.filter((id) => !there.has(id))).toEqual([]);
});

test("a file is named by the id of its cases", () => {
  const wrong = cases.filter(({ id, file }) => !basename(file).startsWith(`${id}_`));
  expect(wrong.map(({ name, file }) => `${file}: ${name}`)).toEqual([]);
});

test("the number of cases is pinned, and known_failing.yaml is in order", () => {
  const { knownFailing, problems: inList } = loadKnownFailing(KNOWN_FAILING);
  const sdks = loadAdapters(ADAPTERS.path, ADAPTERS.root).map(({ sdk }) => sdk);
  expect(knownFailing.caseCount).toBeDefined();
  expect([...inList, ...knownFailingProblems(knownFailing, cases, sdks)]).toEqual([]);
});

function ids(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${String(i + 1).padStart(2, "0")}`);
}
