import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { IntegrationMode } from "@ameideio/ameide-sdk-ts/testing";
import { afterAll, afterEach, expect } from "vitest";

/** Concerns of the contract between a client and the services, each with tests of its own. */
export const CONCERNS = ["headers", "request id", "auth", "retry", "timeout", "tracing"] as const;

/**
 * Writes what came of each concern to `.results/integration-ts-MODE.json`, beside those of Go and
 * Python. A concern that no test was about has failed.
 */
export function reportConcerns(mode: IntegrationMode): void {
  const outcomes = new Map<string, boolean>();
  const folder = join(process.cwd(), ".results");
  const file = join(folder, `integration-ts-${mode}.json`);
  // A crash leaves none of the run before.
  rmSync(file, { force: true });
  afterEach(({ task }) => {
    const concern = CONCERNS.find((each) => task.name.startsWith(`${each}: `));
    if (concern !== undefined) {
      const passed = task.result?.state !== "fail" && (task.result?.errors ?? []).length === 0;
      outcomes.set(concern, passed && (outcomes.get(concern) ?? true));
    }
  });
  afterAll(() => {
    const concerns = CONCERNS.map((name) => ({ name, passed: outcomes.get(name) ?? false }));
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify({ sdk: "ts", mode, concerns }, null, 2)}\n`);
    expect(CONCERNS.filter((name) => !outcomes.has(name))).toEqual([]);
  });
}
