import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Column, inOrder, runMatrix } from "./matrix.js";
import { problemsOf, writeReport } from "./report.js";
import { RUNTIMES } from "./runtimes.js";
import { tableIn, tableOf } from "./table.js";

const PAGE = new URL("../../../../docs/runtimes.md", import.meta.url);
const LONGEST_MS = 600_000;
const inCi = !["", "0", "false", undefined].includes(process.env["CI"]);

describe("the SDK, executed", () => {
  let columns: readonly Column[] = [];

  beforeAll(async () => {
    columns = await runMatrix();
    await writeReport(columns);
  }, LONGEST_MS);

  it.for(inOrder(RUNTIMES).map(([{ id }, entry]) => [id, entry] as const))(
    "on %s by /%s",
    ([id, entry], { skip }) => {
      const column = columns.find((each) => each.runtime.id === id && each.entry === entry);
      if (column === undefined) throw new Error("it was not run");
      if ("missing" in column.seen && !inCi) skip(column.seen.missing);
      expect(column.seen).not.toHaveProperty("missing");
      expect(problemsOf(column)).toEqual([]);
    },
  );

  it("is as docs/runtimes.md says (else: pnpm runtimes --write)", ({ skip }) => {
    const missing = columns.filter(({ seen }) => "missing" in seen);
    if (missing.length > 0 && !inCi) skip("some runtimes are missing, see above");
    expect(tableIn(readFileSync(PAGE, "utf8"))).toBe(tableOf(columns));
  });
});
