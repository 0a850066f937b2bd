import { expect, test } from "vitest";
import { NAMES } from "../../src/network/contestants.js";
import { isNetworkValid, networkGoalsOf } from "../../src/network/goals.js";
import { networkReport } from "../../src/network/report.js";
import type { NetworkResults } from "../../src/network/results.js";
import { CROWD, SINGLE, STREAM } from "../../src/network/situations.js";

function results(control: number, more: number): NetworkResults {
  const rows = [
    [CROWD, "cpuUs", 0.5],
    [SINGLE, "p50Us", 0.8],
    [STREAM, "cpuUs", 0.4],
  ] as const;
  const side = (name: string, toConnectNode: number, toGrpcJs = 2) => ({
    name,
    us: 100,
    toFloor: 3,
    toConnectNode,
    toGrpcJs,
  });
  return {
    sets: 1,
    rounds: 1,
    situations: rows.map(([{ name: situation }, measure, ratio]) => ({
      situation,
      measure,
      sides: [
        side(NAMES.control, control),
        side(NAMES.sdk, ratio + more),
        side(NAMES.sdkGrpc, 2, 0.75 + more),
      ],
    })),
  };
}

test("a goal is met up to its number, and not beyond", () => {
  const met = (more: number) => networkGoalsOf(results(1, more)).map((goal) => goal.met);
  expect(met(0)).toEqual([true, true, true, true]);
  expect(met(0.001)).toEqual([false, false, false, false]);
  expect(networkReport({ node: "20.0.0", network: results(1, 0.3) })).toContain(
    "≤ 0.75×  1.05×  ✗",
  );
});

test("what was not measured has no goal", () => {
  expect(networkGoalsOf({ ...results(1, 0), situations: [] })).toEqual([]);
});

test.each([
  [0.949, false],
  [0.95, true],
  [1.05, true],
  [1.051, false],
])("a run whose control rows say %d is valid: %s", (control, valid) => {
  const network = results(control, 0);
  expect(isNetworkValid(network)).toBe(valid);
  expect(networkReport({ node: "20.0.0", network }).includes("INVALID")).toBe(!valid);
});
