import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { IntegrationMode } from "@ameideio/ameide-sdk-ts/testing";

const E2E = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPTS = fileURLToPath(new URL("../../../../scripts", import.meta.url));

/** The suite of a language: the tests of its lane that are about the concerns. */
export interface Suite {
  readonly sdk: string;
  readonly folder: string;
  /** What Node.js runs. */
  readonly arguments: readonly string[];
}

/** What a suite came to. */
export interface SuiteResult {
  readonly sdk: string;
  /** Undefined where it did not come as far as that, for instance for want of a toolchain. */
  readonly concerns: readonly Concern[] | undefined;
  readonly exitCode: number | null;
  readonly output: string;
}

/** Concern of the contract between a client and the services. */
export interface Concern {
  readonly name: string;
  readonly passed: boolean;
}

/** The suites of all languages. */
export function suites(): Suite[] {
  const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
  const script = (name: string) => join(SCRIPTS, name);
  return [
    {
      sdk: "ts",
      folder: E2E,
      arguments: [vitest, "run", "--testTimeout=30000", "--dir", "test/integration", "concerns"],
    },
    {
      sdk: "go",
      folder: join(E2E, "go"),
      arguments: [script("go_test.mjs"), "-run", "TestConcerns"],
    },
    {
      sdk: "python",
      folder: join(E2E, "python"),
      arguments: [script("pytest.mjs"), "tests/test_concerns.py"],
    },
  ];
}

/** Runs a suite in a mode; its processes see the environment of this one. */
export async function runSuite(suite: Suite, mode: IntegrationMode): Promise<SuiteResult> {
  const report = join(suite.folder, ".results", `integration-${suite.sdk}-${mode}.json`);
  await rm(report, { force: true });
  const child = spawn(process.execPath, suite.arguments, {
    cwd: suite.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, INTEGRATION_MODE: mode },
  });
  let output = "";
  const take = (text: string) => (output += text);
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const text = await readFile(report, "utf8").catch(() => undefined);
  const concerns =
    text === undefined ? undefined : (JSON.parse(text) as { concerns: Concern[] }).concerns;
  return { sdk: suite.sdk, concerns, exitCode, output };
}
