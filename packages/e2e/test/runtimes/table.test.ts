import { describe, expect, it } from "vitest";
import type { Column } from "../../src/runtimes/matrix.js";
import type { Outcome } from "../../src/runtimes/program/place.js";
import { problemsOf } from "../../src/runtimes/report.js";
import { RUNTIMES } from "../../src/runtimes/runtimes.js";
import { tableIn, tableOf, withTable } from "../../src/runtimes/table.js";

const NO: Outcome = { check: "json", result: "no", why: "it cannot" };
const BROKEN: Outcome = { check: "json", result: "broken", why: "Error: at once" };

function column(id: string, entry: "node" | "web", seen: Column["seen"] | Outcome[]): Column {
  const runtime = RUNTIMES.find((each) => each.id === id);
  if (runtime === undefined) {
    throw new Error(`there is no ${id}`);
  }
  return {
    runtime,
    entry,
    seen: Array.isArray(seen) ? { version: "9.8.7", outcomes: seen } : seen,
  };
}

describe("the table", () => {
  const table = tableOf([
    column("bun", "node", [{ check: "json", result: "yes" }]),
    column("bun", "web", [NO]),
    column("chromium", "web", [NO]),
  ]);

  it("has a column for each entry of a runtime, with its version where that is pinned", () => {
    expect(table).toMatch(
      /^\| \| `\/node`<br>Bun 9\.8\.7 \| `\/web`<br>Bun 9\.8\.7 \| `\/web`<br>Chromium \|$/m,
    );
  });

  it("says yes, no and why once, and that nothing was checked", () => {
    expect(table).toMatch(/^\| JSON \| ✓ \| no <sup>1<\/sup> \| no <sup>1<\/sup> \|$/m);
    expect(table).toMatch(/^\| GET for reads \| – \| – \| – \|$/m);
    expect(table.endsWith("\n\n1. no: it cannot")).toBe(true);
  });

  it.each<[string, Column["seen"] | Outcome[], RegExp]>([
    ["a broken check", [BROKEN], /json is broken on bun \/node/],
    ["a crash", { crashed: "Error: gone" }, /bun \/node crashed/],
    ["a missing runtime", { missing: "install it" }, /was not seen: install it/],
  ])("is not made of %s", (_, seen, message) => {
    expect(() => tableOf([column("bun", "node", seen)])).toThrow(message);
  });

  it("is put into a page between two lines, and found there", () => {
    const page =
      "# Title\n\n<!-- what works: written by `pnpm runtimes --write` -->\n<!-- end of what works -->\n\nText";
    const written = withTable(withTable(page, "old"), table);
    expect(tableIn(written)).toBe(table);
    expect(written.startsWith("# Title\n\n")).toBe(true);
    expect(written.endsWith("-->\n\nText")).toBe(true);
    expect(() => tableIn("# Title")).toThrow(/has no lines/);
  });
});

describe("what is wrong with a column", () => {
  it("is every broken check, in full, or the crash", () => {
    expect(problemsOf(column("bun", "node", [NO, BROKEN]))).toEqual(["json: Error: at once"]);
    expect(problemsOf(column("bun", "node", { crashed: "Error: gone" }))).toEqual(["Error: gone"]);
  });

  it("is nothing where the runtime is missing: that is told apart", () => {
    expect(problemsOf(column("bun", "node", { missing: "install it" }))).toEqual([]);
  });
});
