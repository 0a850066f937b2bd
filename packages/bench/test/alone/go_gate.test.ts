import { readFileSync } from "node:fs";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { expect, onTestFinished, test } from "vitest";
import { GoBench } from "../../src/go.js";
import { GO_COMPARED } from "../../src/go_rows.js";
import { statKey } from "../../src/benchstat.js";

const UNITS = { allocations: "allocs/op", bytes: "B/op" } as const;

// What the SDK for Go adds to a call or a message, exact: see gate.test.ts.
const bounds = new Map(
  Object.entries(
    (
      JSON.parse(readFileSync(new URL("../../bounds.json", import.meta.url), "utf8")) as {
        readonly go: Record<string, Record<keyof typeof UNITS, number>>;
      }
    ).go,
  ),
);

test("Go allocates at most what is agreed, beyond the bare client", async ({ skip }) => {
  let bench: GoBench;
  try {
    bench = await GoBench.build();
  } catch (error) {
    // Where CI has no Go, that is a failure.
    if (error instanceof MissingTool && !inCi()) {
      return skip(error.message);
    }
    throw error;
  }
  onTestFinished(() => bench.close());
  const rows = GO_COMPARED.filter(({ row }) => bounds.has(row));
  expect(rows.map(({ row }) => row)).toEqual([...bounds.keys()]);
  const counts = await bench.count(rows);
  for (const { row, per = 1 } of rows) {
    for (const [what, unit] of Object.entries(UNITS)) {
      const of = (side: string) => counts.get(statKey(unit, row, side))?.median ?? NaN;
      const more = (of("other") - of("base")) / per;
      const most = bounds.get(row)?.[what as keyof typeof UNITS] ?? 0;
      expect.soft(more, `${what} of ${row}`).toBeLessThanOrEqual(most);
      // A bound nobody comes near any more guards nothing.
      expect.soft(more, `${what} of ${row}`).toBeGreaterThan(most * 0.9);
    }
  }
}, 300_000);
