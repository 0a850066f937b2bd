// @ts-check
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";

import { FAILURES_FILE, runLanes, TOTALS_FILE } from "../run_lanes.mjs";
import { manifest, plant } from "./harness/planted.mjs";

// The planted run is a turbo run inside a turbo run.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("TURBO_")) {
    delete process.env[name];
  }
}

const WORKSPACE = {
  "package.json": manifest({ name: "planted", private: true, packageManager: "pnpm@12.21.0" }),
  "pnpm-workspace.yaml":
    "packages:\n  - packages/*\nverifyDepsBeforeRun: false\npmOnFail: ignore\n",
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "turbo.json": `{ "tasks": { ${["test", "test:full", "test:alone"].map((task) => `"${task}": { "cache": false }`).join()} } }`,
};

describe("runLanes", { timeout: 60_000 }, () => {
  it("runs every lane, ends with the sum, and exits 0 when all is well", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 2, failed: 0, skipped: 0 })),
      ...lane("b", counting({ passed: 3, failed: 0, skipped: 1 })),
      "packages/none/package.json": manifest({ name: "none" }),
    });
    const { code, lines } = await runIn(root);
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe("5 passed, 0 failed, 1 skipped");
    expect(JSON.parse(readFileSync(join(root, TOTALS_FILE), "utf8"))).toEqual({
      passed: 5,
      failed: 0,
      skipped: 1,
    });
  });

  it("goes on after a failed lane, and names the silent and the empty one", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 1, failed: 2, skipped: 0 }, 1)),
      ...lane("empty", counting({ passed: 0, failed: 0, skipped: 0 })),
      ...lane("good", counting({ passed: 7, failed: 0, skipped: 0 })),
      ...lane("silent", ""),
    });
    const { code, lines } = await runIn(root);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe("8 passed, 4 failed");
    expect(lines.join("\n")).toMatch(/✗ empty .*ran no test/);
    expect(lines.join("\n")).toMatch(/✗ silent .*left no \.results\/test\.json/);
    expect(lines.join("\n")).toMatch(/✓ good/);
  });

  it("names the failed tests at the end", async () => {
    const left = { passed: 1, failed: 1, skipped: 0, failures: [{ test: "adds", message: "no" }] };
    const { root } = plant({ ...WORKSPACE, ...lane("a", counting(left, 1)) });
    const { lines } = await runIn(root);
    expect(lines.join("\n")).toContain("\n✗ a: adds\n    no\n\n  lane");
    expect(readFileSync(join(root, FAILURES_FILE), "utf8")).toBe("✗ a: adds\n    no");
  });

  it("counts a lane that crashed after a good result", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 1, failed: 0, skipped: 0 }, 3)),
    });
    const { code, lines } = await runIn(root);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(lines.join("\n")).toContain("although no test failed");
  });

  it("does not count what an earlier run left", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", ""),
      "packages/a/.results/test.json": '{"passed":9,"failed":0,"skipped":0}',
    });
    const { lines } = await runIn(root);
    expect(lines.at(-1)).toBe("0 passed, 1 failed");
  });

  it("runs the lanes a filter names, and no other", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 2, failed: 0, skipped: 0 })),
      ...lane("b", counting({ passed: 0, failed: 1, skipped: 0 }, 1)),
    });
    expect(await runIn(root, { filters: ["a"] })).toMatchObject({ code: 0 });
    const nothing = await runIn(root, { filters: ["./packages/nothing*"] });
    expect(nothing.code).toBe(1);
    expect(nothing.lines.at(-1)).toBe("0 passed, 0 failed");
  });

  it("says that no lane declares a task, which is no failure", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 2, failed: 0, skipped: 0 })),
    });
    const { code, lines } = await runIn(root, { task: "test:full" });
    expect(code).toBe(0);
    expect(lines).toEqual(["no lane declares test:full", "0 passed, 0 failed"]);
  });

  it("runs what is to run alone after all others, one after the other", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", during(2), { "test:full": "node test.cjs", "test:alone": "node alone.cjs" }),
      "packages/a/alone.cjs": during(3),
      ...lane("b", during(5), { "test:alone": "node test.cjs" }),
      ...lane("c", during(7), { "test:full": "node test.cjs" }),
    });
    const { code, lines } = await runIn(root, { task: "test:full" });
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe("17 passed, 0 failed");
    expect(lines.filter((line) => line.startsWith("✓")).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^✓ a +2 /),
      expect.stringMatching(/^✓ c +7 /),
      expect.stringMatching(/^✓ a, alone +3 /),
      expect.stringMatching(/^✓ b, alone +5 /),
    ]);
    const steps = readFileSync(join(root, "steps"), "utf8").trim().split("\n");
    expect(new Set(steps.slice(0, 4))).toEqual(new Set(["begin 2", "end 2", "begin 7", "end 7"]));
    // Each has ended before the next begins.
    const alone = [steps.slice(4, 6), steps.slice(6)].map((pair) => pair.join(", "));
    expect(new Set(alone)).toEqual(new Set(["begin 3, end 3", "begin 5, end 5"]));
  });

  it("does not take what a lane left before for what it leaves alone", async () => {
    const scripts = { "test:full": "node test.cjs", "test:alone": "node -e 0" };
    const { root } = plant({
      ...WORKSPACE,
      ...lane("a", counting({ passed: 2, failed: 0, skipped: 0 }), scripts),
    });
    const { code, lines } = await runIn(root, { task: "test:full" });
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe("2 passed, 1 failed");
    expect(lines.join("\n")).toMatch(/✗ a, alone .*left no \.results\/test\.json/);
  });

  it("leaves nothing running when it is interrupted", async () => {
    const { root } = plant({
      ...WORKSPACE,
      ...lane(
        "a",
        "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1e6);",
      ),
    });
    const program = fileURLToPath(new URL("../run_lanes.mjs", import.meta.url));
    const code = `import(${JSON.stringify(program)}).then(async ({ runLanes }) => {
      process.exitCode = await runLanes({ root: ${JSON.stringify(root)}, task: "test" });
    });`;
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    const ended = new Promise((resolve) => child.on("close", resolve));
    const pid = await vi.waitFor(
      () => {
        const text = readFileSync(join(root, "packages/a/pid"), "utf8");
        expect(text).toMatch(/^\d+$/);
        return Number(text);
      },
      { timeout: 30_000 },
    );
    child.kill("SIGINT");
    expect(await ended).toBe(1);
    expect(output.trim().split("\n").at(-1)).toMatch(/^0 passed, [12] failed$/);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
  });
});

/**
 * @param {string} root
 * @param {{ task?: "test" | "test:full", filters?: string[] }} [options]
 */
async function runIn(root, { task = "test", filters = [] } = {}) {
  /** @type {string[]} */
  const lines = [];
  const print = (/** @type {string} */ line) => lines.push(...line.split("\n"));
  const code = await runLanes({ root, task, filters, print });
  return { code, lines };
}

/**
 * A package whose test script runs a program.
 *
 * @param {string} name
 * @param {string} program
 * @param {Record<string, string>} [scripts]
 */
function lane(name, program, scripts = { test: "node test.cjs" }) {
  return {
    [`packages/${name}/package.json`]: manifest({ name, scripts }),
    [`packages/${name}/test.cjs`]: program,
  };
}

/**
 * A program that leaves counts and ends with an exit code.
 *
 * @param {import("../lanes.mjs").Counts} counts
 * @param {number} [code]
 */
function counting(counts, code = 0) {
  return `require("fs").mkdirSync(".results", { recursive: true });
    require("fs").writeFileSync(".results/test.json", ${JSON.stringify(JSON.stringify(counts))});
    process.exitCode = ${code};`;
}

/**
 * A program that passes, and says when it began and ended.
 *
 * @param {number} passed
 */
function during(passed) {
  return `const say = (what) => require("fs").appendFileSync("../../steps", what + " ${passed}\\n");
    say("begin");
    setTimeout(() => say("end"), 200);
    ${counting({ passed, failed: 0, skipped: 0 })}`;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
