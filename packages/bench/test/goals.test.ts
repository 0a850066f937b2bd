import { expect, test } from "vitest";
import { goalsOf, isValid, NAMES } from "../src/goals.js";
import { GO_COMPARED } from "../src/go_rows.js";
import { PYTHON_CONTROL, PYTHON_IMPORT } from "../src/python_rows.js";
import { report } from "../src/report.js";
import type { Results, RowResult } from "../src/results.js";
import { CONTROL, UNARY } from "../src/rows.js";

const row = (name: string, ratio: number, bytes = 0): RowResult => ({
  name,
  baseUs: 20,
  otherUs: 20 * ratio,
  ratio,
  ratios: [ratio],
  baseBytes: 30_000,
  otherBytes: 30_000 + bytes,
});

function results(control: number, ratio: number, bytes: number): Results {
  const weight = (gzip: number) => ({ minified: gzip * 3, gzip });
  return {
    node: "20.0.0",
    processes: 7,
    compared: [row(CONTROL.name, control), row(UNARY.name, ratio, bytes)],
    policies: [row("auth", 1, 100)],
    imports: [{ name: NAMES.importRoster, baseMs: 100, otherMs: 111, ratio: 1.11 }],
    bundles: [
      { name: NAMES.bundleSdk, base: weight(40_000), other: weight(54_336) },
      { name: NAMES.bundleRoster, base: weight(40_000), other: weight(42_001) },
      { name: NAMES.bundleRosterLoaded, base: weight(40_000), other: weight(50_000) },
    ],
    manifest: {
      services: 1_000,
      methods: 10,
      steps: { emit: 4_000, check: 6_001 },
      peakBytes: 300e6,
      problems: 0,
    },
  };
}

test.each([
  [0.99, true],
  [1.01, true],
  [0.989, false],
  [1.011, false],
])("a run whose control row says %d is valid: %s", (control, valid) => {
  expect(isValid(results(control, 1, 0))).toBe(valid);
  expect(report(results(control, 1, 0)).includes("INVALID")).toBe(!valid);
});

test("a run without a control row is not valid", () => {
  expect(isValid({ ...results(1, 1, 0), compared: [] })).toBe(false);
});

test("a goal is met up to its number, and not beyond", () => {
  const met = (ratio: number, bytes: number) =>
    goalsOf(results(1, ratio, bytes)).map(({ met: each }) => each);
  expect(met(0.5, -15_000)).toEqual([true, true, false, true, false, false]);
  expect(met(0.501, -14_999)).toEqual([false, false, false, true, false, false]);
});

test("goals of Go are met up to their numbers, by runs whose controls do not differ", () => {
  const side = (ns: number, allocations: number) => ({ ns, allocations, bytes: 4_000 });
  const withGo = (differs: boolean, ns: number, allocations: number): Results => ({
    ...results(1, 1, 0),
    go: {
      processes: 6,
      compared: GO_COMPARED.map(({ name, control = false }) => ({
        name,
        base: side(1_000, 43),
        other: side(ns, allocations),
        differs: control && differs,
      })),
      policies: [],
    },
  });
  const met = (ns: number, allocations: number) =>
    goalsOf(withGo(false, ns, allocations)).flatMap(({ name, met: each }) =>
      name.startsWith("go: ") ? [each] : [],
    );
  expect(met(1_100, 63)).toEqual([true, true, true]);
  expect(met(1_101, 64)).toEqual([false, false, false]);
  expect(isValid(withGo(false, 1_000, 43))).toBe(true);
  expect(isValid(withGo(true, 1_000, 43))).toBe(false);
  expect(report(withGo(true, 1_000, 43))).toContain("INVALID");
});

test("the import of Python has a goal, and its control row has to be even", () => {
  const withPython = (control: number, otherMs: number): Results => ({
    ...results(1, 1, 0),
    python: {
      compared: [row(PYTHON_CONTROL.name, control)],
      imports: [{ name: PYTHON_IMPORT.name, baseMs: 250, otherMs, ratio: otherMs / 250 }],
    },
  });
  const met = (otherMs: number) =>
    goalsOf(withPython(1, otherMs)).find(({ name }) => name === PYTHON_IMPORT.name);
  expect(met(400)).toMatchObject({ result: "+150 ms", met: true });
  expect(met(401)).toMatchObject({ met: false });
  expect([0.989, 1, 1.011].map((control) => isValid(withPython(control, 400)))).toEqual([
    false,
    true,
    false,
  ]);
  expect(report(withPython(1, 400))).toContain(PYTHON_CONTROL.name);
});
