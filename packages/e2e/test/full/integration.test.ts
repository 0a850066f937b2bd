import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { expect, onTestFinished, test } from "vitest";
import { startServerProcess } from "../harness/server_process.js";

const MAIN = fileURLToPath(new URL("../../dist/integration/main.js", import.meta.url));
const MINUTES = 60_000;

test(
  "every SDK holds the contract with a server in another process",
  async () => {
    const { code, stdout } = await integration({ INTEGRATION_MODE: "local" });
    expect(stdout).toContain("mode: local");
    expectAllHold(stdout);
    expect(code).toBe(0);
  },
  5 * MINUTES,
);

test(
  "every SDK holds it with servers that only the environment names",
  async () => {
    const env = await startCluster();
    const { code, stdout } = await integration(env);
    expect(stdout).toContain("mode: cluster");
    expectAllHold(stdout);
    expect(code).toBe(0);
  },
  5 * MINUTES,
);

test(
  "a cluster that does not know the token fails, concern by concern",
  async () => {
    const env = await startCluster();
    const { code, stdout } = await integration({ ...env, AMEIDE_TOKEN: "another" });
    expect(stdout).toMatch(/^headers +✗/m);
    expect(stdout).toMatch(/^auth +✓/m);
    expect(code).toBe(1);
  },
  5 * MINUTES,
);

test("says every variable that a cluster lacks, and calls nothing", async () => {
  const { code, stdout, stderr } = await integration({ INTEGRATION_MODE: "cluster" });
  expect(stderr).toContain("needs AMEIDE_BASE_URL, AMEIDE_TENANT, AMEIDE_TOKEN");
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

// A language that is not on this machine is left out, except in CI.
function expectAllHold(stdout: string): void {
  const [, held, all] = /^verdict: (\d+) of (\d+) hold$/m.exec(stdout) ?? [];
  expect(held).toBe(all);
  expect(Number(all)).toBeGreaterThanOrEqual(inCi() ? 18 : 6);
}

async function startCluster(): Promise<NodeJS.ProcessEnv> {
  const { url, close } = await startServerProcess("of-the-cluster", "umbrella");
  onTestFinished(close);
  return {
    INTEGRATION_MODE: "cluster",
    AMEIDE_BASE_URL: url,
    AMEIDE_TENANT: "umbrella",
    AMEIDE_TOKEN: "of-the-cluster",
  };
}

function integration(
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN],
      { env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
