// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import {
  failureLines,
  readLane,
  removeStaleResults,
  summaryLine,
  table,
  total,
} from "../lanes.mjs";
import { plant } from "./harness/planted.mjs";

const LANE = { name: "a", directory: "packages/a" };
const FILE = "packages/a/.results/test.json";

describe("readLane", () => {
  it("takes the counts a lane left", () => {
    const { root } = plant({ [FILE]: '{"passed":3,"failed":1,"skipped":2}' });
    expect(readLane(root, LANE)).toEqual({ name: "a", passed: 3, failed: 1, skipped: 2 });
  });

  it.each([
    ["no file", {}, "left no .results/test.json"],
    ["no JSON", { [FILE]: "oops" }, "left a .results/test.json that is not JSON"],
    ["a missing count", { [FILE]: '{"passed":1}' }, "left a .results/test.json without counts"],
    [
      "a count that is none",
      { [FILE]: '{"passed":-1,"failed":0,"skipped":0}' },
      "left a .results/test.json without counts",
    ],
    ["no test", { [FILE]: '{"passed":0,"failed":0,"skipped":0}' }, "ran no test"],
  ])("counts %s as one failure", (_, files, problem) => {
    const { root } = plant(files);
    expect(readLane(root, LANE)).toEqual({ name: "a", passed: 0, failed: 1, skipped: 0, problem });
  });

  it("takes the failed tests by name, and drops what is none", () => {
    const failures = [{ test: "adds", message: "1 is not 2" }, { test: 1 }, null];
    const { root } = plant({
      [FILE]: JSON.stringify({ passed: 3, failed: 1, skipped: 0, failures }),
    });
    expect(readLane(root, LANE).failures).toEqual([failures[0]]);
  });

  it("counts a lane that only skipped as failed, and still tells the skips", () => {
    const { root } = plant({ [FILE]: '{"passed":0,"failed":0,"skipped":4}' });
    expect(readLane(root, LANE)).toMatchObject({ failed: 1, skipped: 4 });
  });

  it("takes a lane that skipped and says why, as one without its toolchain does", () => {
    const { root } = plant({
      [FILE]: '{"passed":0,"failed":0,"skipped":1,"reason":"go was not found"}',
    });
    expect(readLane(root, LANE)).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
  });
});

describe("removeStaleResults", () => {
  it("removes results of nested folders and nothing else", () => {
    const { root } = plant({ [FILE]: "{}", "packages/a/b/.results/x": "", "packages/a/keep": "" });
    removeStaleResults(join(root, "packages"));
    expect(existsSync(join(root, FILE))).toBe(false);
    expect(existsSync(join(root, "packages/a/b/.results"))).toBe(false);
    expect(existsSync(join(root, "packages/a/keep"))).toBe(true);
  });
});

describe("summaryLine", () => {
  it("names skips only where there are some", () => {
    expect(summaryLine({ passed: 2, failed: 0, skipped: 0 })).toBe("2 passed, 0 failed");
    expect(summaryLine({ passed: 2, failed: 1, skipped: 3 })).toBe("2 passed, 1 failed, 3 skipped");
  });

  it("is what the sum of lanes comes to", () => {
    const lanes = [
      { passed: 1, failed: 0, skipped: 2 },
      { passed: 5, failed: 1, skipped: 0 },
    ];
    expect(summaryLine(total(lanes))).toBe("6 passed, 1 failed, 2 skipped");
  });
});

describe("table", () => {
  it("has a row per lane, with the reason of a failure", () => {
    const text = table([
      { name: "a", passed: 12, failed: 0, skipped: 0 },
      { name: "long", passed: 0, failed: 1, skipped: 0, problem: "ran no test" },
    ]);
    expect(text.split("\n")).toEqual([
      "  lane  passed  failed skipped",
      "✓ a         12       0       0",
      "✗ long       0       1       0  ran no test",
    ]);
  });
});

describe("failureLines", () => {
  const counts = { passed: 0, failed: 1, skipped: 0 };

  it("names what failed, with the beginning of its message", () => {
    const message = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join("\n");
    const lines = failureLines([
      { name: "a", ...counts },
      { name: "b", ...counts, failures: [{ test: "adds", message }] },
    ]);
    expect(lines).toHaveLength(14);
    expect(lines.slice(0, 2)).toEqual(["✗ b: adds", "    line 0"]);
    expect(lines.at(-1)).toBe("    …");
  });

  it("is bounded", () => {
    const failures = Array.from({ length: 10_000 }, (_, i) => ({
      test: `${i}`,
      message: "x".repeat(10_000),
    }));
    const lines = failureLines([{ name: "a", ...counts, failures }]);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("✗ a: 9990 more");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300);
  });
});
