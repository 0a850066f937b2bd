// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { plant } from "./harness/planted.mjs";

const CI_RUN = fileURLToPath(new URL("../../.ci/run", import.meta.url));

/** Commands that .ci/run starts, replaced by shell lines, by the script's name. */
const GREEN = {
  install: "exit 0",
  check: "exit 0",
  test: leave({ passed: 40, failed: 0, skipped: 0 }),
  "test:full": leave({ passed: 2, failed: 0, skipped: 0 }),
  parity: "exit 0",
};

describe(".ci/run", { timeout: 60_000 }, () => {
  it("sums the runs up and exits 0", () => {
    const { code, last, started } = ci(GREEN);
    expect(last).toBe("42 passed, 0 failed");
    expect(code).toBe(0);
    expect(started).toEqual([
      "install --frozen-lockfile",
      "check",
      "test",
      "test:full",
      "parity --html .results/parity.html",
    ]);
  });

  it("is content with a test:full that no lane declares", () => {
    const none = leave({ passed: 0, failed: 0, skipped: 0 });
    expect(ci({ ...GREEN, "test:full": none })).toMatchObject({
      code: 0,
      last: "40 passed, 0 failed",
    });
  });

  it.each([
    ["check", { check: "exit 1" }, "42 passed, 1 failed", "FAILED: check (exit code 1)"],
    ["the gate", { parity: "exit 1" }, "42 passed, 1 failed", "FAILED: parity (exit code 1)"],
    [
      "a test",
      { test: `${leave({ passed: 39, failed: 1, skipped: 2 })}; exit 1` },
      "41 passed, 1 failed, 2 skipped",
      "=== sum",
    ],
    [
      "a run without counts",
      { "test:full": "exit 3" },
      "40 passed, 1 failed",
      "FAILED: test:full left no counts (exit code 3)",
    ],
    [
      "a run that failed without a failed test",
      { test: `${GREEN.test}; exit 9` },
      "42 passed, 1 failed",
      "FAILED: test ended with exit code 9",
    ],
  ])("goes on after a failure of %s, and exits 1", (_, changed, last, says) => {
    const result = ci({ ...GREEN, ...changed });
    expect(result).toMatchObject({ code: 1, last });
    expect(result.output).toContain(says);
    expect(result.started).toHaveLength(5);
  });

  it("tells all failures once more at the end", () => {
    const test = `${leave({ passed: 39, failed: 1, skipped: 0 })}; echo "✗ a: adds" > .results/failures.txt; exit 1`;
    const { output } = ci({ ...GREEN, check: "echo 'red: format'; exit 1", test });
    expect(output.split("=== sum")[1]).toContain(
      "✗ check (exit code 1) red: format\n✗ a: adds\n41 passed, 2 failed",
    );
  });

  it("stops when the install failed", () => {
    const { code, last, started } = ci({ ...GREEN, install: "exit 1" });
    expect(last).toBe("0 passed, 1 failed");
    expect(code).toBe(1);
    expect(started).toEqual(["install --frozen-lockfile"]);
  });

  it("does not count what an earlier run left", () => {
    const { last } = ci({ ...GREEN, test: "exit 1" }, { passed: 99, failed: 0, skipped: 0 });
    expect(last).toBe("2 passed, 1 failed");
  });
});

/**
 * Runs a copy of .ci/run with an `npx` that does what it is told.
 *
 * @param {Record<string, string>} commands
 * @param {import("../lanes.mjs").Counts} [left] What an earlier run left.
 */
function ci(commands, left) {
  const cases = Object.entries(commands).map(([name, does]) => `${name}) ${does} ;;`);
  const npx = `#!/bin/sh\nshift 2\necho "$@" >> started\ncase "$1" in\n${cases.join("\n")}\nesac\n`;
  const { root } = plant({});
  mkdirSync(join(root, "bin"));
  // Go and Python are the lanes' business, not that of what is tested here.
  for (const [tool, text] of Object.entries({ npx, go: "#!/bin/sh\n", python3: "#!/bin/sh\n" })) {
    writeFileSync(join(root, "bin", tool), text, { mode: 0o755 });
  }
  mkdirSync(join(root, ".ci"));
  copyFileSync(CI_RUN, join(root, ".ci/run"));
  if (left !== undefined) {
    mkdirSync(join(root, ".results"));
    writeFileSync(join(root, ".results/totals.json"), JSON.stringify(left));
  }
  const path = [join(root, "bin"), process.env.PATH].join(delimiter);
  const { status, stdout } = spawnSync(join(root, ".ci/run"), {
    encoding: "utf8",
    env: { ...process.env, PATH: path },
    timeout: 30_000,
  });
  return {
    code: status,
    output: stdout,
    last: stdout.trimEnd().split("\n").at(-1),
    started: readFileSync(join(root, "started"), "utf8").trim().split("\n"),
  };
}

/** @param {import("../lanes.mjs").Counts} counts */
function leave(counts) {
  return `mkdir -p .results && echo '${JSON.stringify(counts)}' > .results/totals.json`;
}
