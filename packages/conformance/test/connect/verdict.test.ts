import { expect, test } from "vitest";
import { readVerdict } from "../../src/connect/verdict.js";

const COMPUTED = "Computed 6600 test case permutation(s) across 18 server configuration(s).\n";

test("a run in which all passed", () => {
  expect(readVerdict(`${COMPUTED}Total cases: 6600\n6600 passed, 0 failed\n`)).toEqual({
    total: 6600,
    passed: 6600,
    failed: 0,
    known: 0,
    failures: [],
  });
});

test("failures that a list names are counted apart, and are none", () => {
  const output = `${COMPUTED}INFO: Suite/a failed (as expected):
\tactual error {code: 3 (invalid_argument)} does not match expected code 13 (internal)

Total cases: 6600
6578 passed, 0 failed
(Another 22 failed as expected due to being known failures/flakes.)
`;
  expect(readVerdict(output)).toEqual({
    total: 6600,
    passed: 6578,
    failed: 0,
    known: 22,
    failures: [],
  });
});

test("a failure comes with all the runner says of it; so does one that did not happen", () => {
  const output = `${COMPUTED}Filtered tests to 4 test case permutation(s) across 1 server configuration(s).
2026/11/25 http2: received GOAWAY
FAILED: Suite/a:
\tactual response headers missing "x"
\tpayloads differ
FAILED: Suite/b was expected to fail but did not
INFO: Suite/c failed (as expected):
\tas it should

Total cases: 4
1 passed, 2 failed
(Another 1 failed as expected due to being known failures/flakes.)
`;
  expect(readVerdict(output)).toEqual({
    total: 4,
    passed: 1,
    failed: 2,
    known: 1,
    failures: [
      'Suite/a:\n  actual response headers missing "x"\n  payloads differ',
      "Suite/b was expected to fail but did not",
    ],
  });
});

test("cases that never ran have failed, though the runner does not count them", () => {
  const output = `${COMPUTED}Total cases: 100
98 passed, 2 failed
Another 6500 could not be run due to client timing out or exiting prematurely.
`;
  expect(readVerdict(output)).toMatchObject({ total: 6600, passed: 98, failed: 6502 });
});

test.each([
  ["nothing", ""],
  ["no totals", COMPUTED],
  ["no number of cases", "Total cases: 1\n1 passed, 0 failed\n"],
])("a run that printed %s has no verdict", (_, output) => {
  expect(() => readVerdict(output)).toThrow("the runner printed no totals");
});
