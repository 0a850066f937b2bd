import { expect, test } from "vitest";
import { parseKnownFailing, knownFailingProblems, skipOf } from "../../src/suite/known_failing.js";
import { caseWith } from "../harness/a_case.js";

const TODAY = new Date("2026-11-21T12:00:00Z");
const LINE = 'cases: "t01, s*", sdk: "*", reason: "next", expires: "2026-11-21"';

function read(text: string) {
  return parseKnownFailing(text, "known_failing.yaml", TODAY);
}

const one = caseWith({});

test("a line covers cases by id or name until its last day is over", () => {
  const { knownFailing, problems } = read(`case_count: 1\nskips: [{ ${LINE} }]`);
  expect(problems).toEqual([]);
  expect(skipOf(knownFailing, one, "ts")).toMatchObject({ reason: "next" });
  expect(skipOf(knownFailing, { ...one, id: "r01", name: "r01 x" }, "ts")).toBeUndefined();
});

test("a line may be for one SDK", () => {
  const { knownFailing } = read(`skips: [{ ${LINE.replace('"*"', '"python*"')} }]`);
  expect(skipOf(knownFailing, one, "python-sync")).toBeDefined();
  expect(skipOf(knownFailing, one, "ts")).toBeUndefined();
});

test.each([
  [
    "an expired line",
    LINE.replace("-21", "-20"),
    /^known_failing\.yaml: skips\[0\]: expired on 2026-11-20$/,
  ],
  ["a day that is none", LINE.replace("2026-11-21", "soon"), /expires must be a day/],
  ["no reason", LINE.replace('"next"', '""'), /reason must be a text/],
  ["an unknown key", `${LINE}, why: x`, /unknown key why/],
])("%s is an error", (_what, line, problem) => {
  const { knownFailing, problems } = read(`skips: [{ ${line} }]`);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(knownFailing.skips).toEqual([]);
});

test("patterns that match nothing and a count that is wrong are errors", () => {
  const { knownFailing } = read(`case_count: 3\nskips: [{ ${LINE.replace('"*"', "go")} }]`);
  expect(knownFailingProblems(knownFailing, [one], ["ts"])).toEqual([
    "known_failing: no case matches s*",
    "known_failing: no SDK matches go",
    expect.stringContaining("case_count is 3, but there are 1 cases"),
  ]);
});
