// @ts-check
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { CHECKS } from "../checks/index.mjs";
import { runChecks } from "../run_checks.mjs";
import { plant } from "./harness/planted.mjs";

const green = { name: "green", about: "", run: () => ({ problems: [], note: "3 files" }) };
const red = { name: "red", about: "", run: () => ({ problems: ["a.ts: one\n  two", "b.ts"] }) };
const broken = {
  name: "broken",
  about: "",
  run: () => {
    throw new Error("cannot");
  },
};

describe("runChecks", () => {
  it("runs all, details the red ones, and exits 1", async () => {
    const { code, lines } = await run([red, broken, green]);
    expect(code).toBe(1);
    expect(lines.map((line) => line.replace(/[\d.]+ s/, "0 s"))).toEqual([
      "✗ red            0 s",
      "    a.ts: one",
      "      two",
      "    b.ts",
      "✗ broken         0 s",
      "    cannot",
      "✓ green          0 s  (3 files)",
      "red: red, broken · again: pnpm check red broken",
    ]);
  });

  it("exits 0 when all are green, and 1 when none was given", async () => {
    expect((await run([green])).code).toBe(0);
    expect((await run([])).code).toBe(1);
  });
});

describe("check.mjs", { timeout: 60_000 }, () => {
  it("lists every check with what it holds", () => {
    const { status, stdout } = cli("--list");
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(CHECKS.length);
    for (const { name } of CHECKS) {
      expect(stdout).toMatch(new RegExp(`^${name} +`, "m"));
    }
    expect(new Set(CHECKS.map(({ about }) => about)).size).toBe(CHECKS.length);
  });

  it("refuses a check that is none", () => {
    expect(cli("format", "nope")).toMatchObject({
      status: 2,
      stderr: "no such check: nope (see --list)\n",
    });
  });
});

/** @param {import("../checks/tree.mjs").Check[]} checks */
async function run(checks) {
  /** @type {string[]} */
  const lines = [];
  const { root } = plant({});
  const code = await runChecks({ root, checks, print: (line) => lines.push(line) });
  return { code, lines };
}

/** @param {string[]} args */
function cli(...args) {
  const program = fileURLToPath(new URL("../check.mjs", import.meta.url));
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
}
