import type { Goal } from "./results.js";

/** Aligns columns to their content; the first one left, the others right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** A line for each goal. */
export function goalTable(goals: readonly Goal[]): string[] {
  return table([
    ["goal", "wanted", "found", ""],
    ...goals.map(({ name, goal, result, met }) => [name, goal, result, met ? "✓" : "✗"]),
  ]);
}
