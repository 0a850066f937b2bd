import { expect, test } from "vitest";
import { parseRoster, rosterProblems, skipOf } from "../../src/suite/roster.js";
import { caseWith } from "../harness/a_case.js";

const TODAY = new Date("2026-11-21T12:00:00Z");
const LINE = 'cases: "t01, s*", sdk: "*", reason: "next", expires: "2026-11-21"';

function read(text: string) {
  return parseRoster(text, "roster.yaml", TODAY);
}

const one = caseWith({});

test("a line covers cases by id or name until its last day is over", () => {
  const { roster, problems } = read(`count: 1\nskips: [{ ${LINE} }]`);
  expect(problems).toEqual([]);
  expect(skipOf(roster, one, "ts")).toMatchObject({ reason: "next" });
  expect(skipOf(roster, { ...one, id: "r01", name: "r01 x" }, "ts")).toBeUndefined();
});

test("a line may be for one SDK", () => {
  const { roster } = read(`skips: [{ ${LINE.replace('"*"', '"python*"')} }]`);
  expect(skipOf(roster, one, "python-sync")).toBeDefined();
  expect(skipOf(roster, one, "ts")).toBeUndefined();
});

test.each([
  [
    "an expired line",
    LINE.replace("-21", "-20"),
    /^roster\.yaml: skips\[0\]: expired on 2026-11-20$/,
  ],
  ["a day that is none", LINE.replace("2026-11-21", "soon"), /expires must be a day/],
  ["no reason", LINE.replace('"next"', '""'), /reason must be a text/],
  ["an unknown key", `${LINE}, why: x`, /unknown key why/],
])("%s is an error", (_what, line, problem) => {
  const { roster, problems } = read(`skips: [{ ${line} }]`);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(roster.skips).toEqual([]);
});

test("patterns that match nothing and a count that is wrong are errors", () => {
  const { roster } = read(`count: 3\nskips: [{ ${LINE.replace('"*"', "go")} }]`);
  expect(rosterProblems(roster, [one], ["ts"])).toEqual([
    "roster: no case matches s*",
    "roster: no SDK matches go",
    expect.stringContaining("count is 3, but there are 1 cases"),
  ]);
});
