import { parityOf, type Sdk, takeSurfaces } from "@ameideio/manifest";
import { expect, it } from "vitest";
import type { Column } from "../../src/columns.js";
import { gather } from "../../src/evidence.js";
import { judge } from "../../src/judge.js";
import { redLines } from "../harness/gate.js";
import { installed } from "../harness/installed.js";
import { replace } from "../harness/plant.js";
import {
  plantedGoSdk,
  plantedPythonSdk,
  plantedTypeScriptSdk,
  runCases,
} from "../harness/planted_sdk.js";

const MINUTES = 60_000;

/** The red cells of the matrix of an SDK, whose suite ran some cases, as the gate prints them. */
async function red(sdk: Sdk, column: Column, verdicts: string): Promise<string[]> {
  const evidence = await gather(parityOf(await takeSurfaces([sdk])), verdicts);
  const verdict = judge(evidence, "full");
  expect(verdict.verdict).toBe("fail");
  return redLines(verdict, "matrix").filter((line) => line.startsWith(`✗ matrix ${column}`));
}

// The suite knows no sources of an adapter from elsewhere.
function unknown(column: Column): string {
  return `✗ matrix ${column}: the last verdict is of other sources: npx -y pnpm@12.21.0 conformance --sdk ${column}`;
}

it.runIf(await installed("go"))("a changed default", { timeout: 5 * MINUTES }, async () => {
  const adapter = await plantedGoSdk({
    "internal/policy/policy_table.go": replace(
      /(?<=Name: "maxDelayMs".*standard: int64\()20_000/,
      "30_000",
    ),
  });
  expect(
    await red("go", "go", await runCases("go", adapter, ["b05 cap-20000", "x01 uuidv7-shape"])),
  ).toEqual([
    unknown("go"),
    "✗ matrix go: its constant defaults.max_delay_ms is 30000, and is 20000 in policy.json",
    "✗ matrix go, b05 cap-20000: waits: expected [4000,8000,10000,10000], seen [4000,8000,15000,15000], in memory generic connect json",
  ]);
});

it("a removed span attribute", { timeout: 5 * MINUTES }, async () => {
  const adapter = plantedTypeScriptSdk({
    "base.js": replace(/"rpc.method": call.method,\n/, ""),
  });
  const attribute =
    "span 1, rpc.method: expected ameide.conformance.v1.ConformanceService/Idempotent, seen nothing, in memory fetch generic connect json and 1 more";
  expect(await red("ts", "ts", await runCases("ts", adapter, ["m05"]))).toEqual([
    unknown("ts"),
    `✗ matrix ts, m05 status-attr-name-table: ${attribute}`,
    `✗ matrix ts, m05 control: ok: ${attribute}`,
  ]);
});

it.runIf(await installed("python"))("a changed header", { timeout: 5 * MINUTES }, async () => {
  const adapter = await plantedPythonSdk({
    "_internal/options/reserved_headers.py": replace('"x-request-id"', '"x-correlation-id"'),
  });
  const lines = await red("python", "py-async", await runCases("py-async", adapter, ["x01"]));
  expect(lines).toEqual([
    unknown("py-async"),
    "✗ matrix py-async, x01 uuidv7-shape: request 1, header x-request-id: expected one value: /^019b76da-a800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, seen absent (1 more), in memory generic connect json",
  ]);
});
