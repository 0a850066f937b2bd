import { expect, test } from "vitest";
import { readVerdict } from "./verdict.js";

const OUTPUT = `Computed 6600 test case permutations across 18 server configurations.
Running 540 tests with reference-server for server config #1 {HTTP_VERSION_1}...
FAILED: Basic/unary/success:
\tactual error {code: 13} does not match expected code 2
\tmissing trailer
FAILED: Basic/unary/was known to fail but passed
Total cases: 10
7 passed, 2 failed
(Another 1 failed as expected due to being known failures/flakes.)
`;

test("counts are what the runner printed; a case that never ran has failed", () => {
  const whole = OUTPUT.replace("6600", "10");
  expect(readVerdict(whole)).toMatchObject({ total: 10, passed: 7, failed: 2, known: 1 });
  expect(readVerdict(OUTPUT)).toMatchObject({ total: 6600, passed: 7, failed: 6592, known: 1 });
});

test("of a part of the cases, the total is that of the part", () => {
  const part = OUTPUT.replace(
    "Running",
    "Filtered tests to 10 test case permutations based on patterns.\nRunning",
  );
  expect(readVerdict(part)).toMatchObject({ total: 10, failed: 2 });
});

test("a failure is told in the runner's own words", () => {
  expect(readVerdict(OUTPUT).failures).toEqual([
    "Basic/unary/success:\n  actual error {code: 13} does not match expected code 2\n  missing trailer",
    "Basic/unary/was known to fail but passed",
  ]);
});

test("a run that did not come to its end has no verdict", () => {
  expect(() => readVerdict("Computed 6600 test case permutations\nRunning")).toThrow(
    "the runner printed no totals",
  );
});
