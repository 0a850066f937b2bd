import { expect, it } from "vitest";
import { builtInNumbers, POLICY, wrongConstants } from "../src/common/policy_json.js";
import { runSuite } from "../src/run/run_suite.js";
import { NONE_KNOWN } from "../src/suite/known_failing.js";
import { fakeAdapter } from "./harness/fake_adapter.js";

const NUMBERS = builtInNumbers(POLICY);

it.each([
  ["defaults.idle_timeout_ms", 60_000],
  ["budget.capacity", 500],
  ["keep_alive.interval_ms", 20_000],
  ["presets.mesh.max_attempts", 1],
])("policy.json has %s", (name, value) => {
  expect(NUMBERS[name]).toBe(value);
});

it("takes both spellings of a name, and none at all", () => {
  expect(wrongConstants(NUMBERS)).toEqual([]);
  expect(wrongConstants({ aMs: 1, "b.c_ms": 2 }, { a_ms: 1, "b.c_ms": 2 })).toEqual([]);
  expect(wrongConstants({})).toEqual([]);
});

it("the suite names each constant that an adapter describes otherwise, or not", async () => {
  const { "defaults.base_delay_ms": _, ...described } = NUMBERS;
  const constants = { ...described, "defaults.max_attempts": 4 };
  const result = await runSuite({
    cases: [],
    knownFailing: NONE_KNOWN,
    adapters: [fakeAdapter("ok(id);", { constants })],
  });
  expect(result.problems).toEqual([
    "fake: its constant defaults.max_attempts is 4, and is 3 in policy.json",
    "fake: its constant defaults.base_delay_ms is not described, and is 50 in policy.json",
  ]);
});
