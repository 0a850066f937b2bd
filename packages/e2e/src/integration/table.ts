import type { SuiteResult } from "./suites.js";

/** A row for each concern, a column for each SDK that was there. */
export function table(results: readonly SuiteResult[]): string {
  const columns = results.flatMap(({ sdk, concerns }) =>
    concerns === undefined ? [] : [{ sdk, concerns }],
  );
  const names = columns[0]?.concerns.map(({ name }) => name) ?? [];
  const width = Math.max(0, ...names.map(({ length }) => length));
  const row = (first: string, cells: readonly string[]) =>
    [first.padEnd(width), ...cells.map((cell) => cell.padEnd(6))].join("  ").trimEnd();
  return [
    row(
      "",
      columns.map(({ sdk }) => sdk),
    ),
    ...names.map((name) =>
      row(
        name,
        columns.map(({ concerns }) =>
          concerns.find((each) => each.name === name)?.passed === true ? "✓" : "✗",
        ),
      ),
    ),
  ].join("\n");
}
