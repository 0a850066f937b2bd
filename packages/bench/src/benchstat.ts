/** What benchstat says of one side of a row, for one unit. */
export interface Stat {
  readonly median: number;
  /** Whether it differs from the base, as far as benchstat can tell. */
  readonly differs: boolean;
}

/** By unit, row and side, such as `sec/op`, `unary` and `base`. */
export type Stats = ReadonlyMap<string, Stat>;

/** The key of a stat. */
export function statKey(unit: string, row: string, side: string): string {
  return `${unit} ${row} ${side}`;
}

/**
 * Reads what `benchstat -format csv -row /row -col /side` prints: for each unit a table with two
 * lines of headings, the sides and what stands in the columns.
 */
export function readBenchstat(csv: string): Stats {
  const stats = new Map<string, Stat>();
  let sides: readonly string[] = [];
  let columns: readonly string[] = [];
  for (const line of csv.split("\n")) {
    const [row = "", ...cells] = line.split(",");
    if (row === "" && cells.length > 0) {
      [sides, columns] = cells.includes("CI") ? [sides, cells] : [cells, []];
    } else if (row !== "" && row !== "geomean" && columns.length > 0) {
      for (const [at, unit] of columns.entries()) {
        const side = sides[at] ?? "";
        const median = cells[at] ?? "";
        if (side !== "" && median !== "") {
          const isCompared = columns[at + 2] === "vs base";
          const differs = isCompared && cells[at + 2] !== "~";
          stats.set(statKey(unit, row, side), { median: Number(median), differs });
        }
      }
    }
  }
  return stats;
}
