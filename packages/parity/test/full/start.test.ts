import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { PARTS } from "../../src/report/summary.js";
import { root } from "../harness/plant.js";

it("start ends with the parity table and the verdict", { timeout: 300_000 }, async () => {
  const start = join(root, "scripts/start.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [start, "--case", "2"]);
  const [table = "", verdict = ""] = stdout.trimEnd().split("\n\n").slice(-2);
  expect(table.split("\n").map((line) => line.split(" ")[0])).toEqual([
    "parity",
    ...Object.keys(PARTS),
  ]);
  // What the suites left, if anything, is theirs to prove.
  expect(verdict).toMatch(/^verdict: (pass, \d+ services|fail, \d+ red cells? in)/);
});
