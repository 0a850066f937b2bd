import type { Cell, Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { counted } from "../counted.js";
import { COLUMNS, type Column, columnsOf } from "../columns.js";

/** The parts of the gate, in their order, with what they compare. */
export const PARTS = {
  manifest: "what exists, with what the protos say",
  pins: "surfaces and API reports, with what a review agreed to",
  matrix: "what is done, with the cases",
  official: "what is done, with Connect's own suite",
} as const;

type Part = keyof typeof PARTS;

/** Number of red cells that are printed; --json and --html have all. */
const SHOWN = 20;

/**
 * Shows the parts by columns, the red cells, and a line that says whether there are any.
 *
 * @param brief - Whether the cells are left out.
 */
export function showTable(verdict: Verdict, brief = false): string {
  const columns = columnsOf(verdict.sdks);
  const rows = (Object.keys(PARTS) as Part[]).map((part) => [
    part,
    ...columns.map((column) => cellText(verdict, part, column)),
  ]);
  const red = brief ? [] : verdict.red;
  const shown = red.slice(0, SHOWN).map((cell) => firstLine(redLine(cell)));
  const more = red.length - shown.length;
  return [
    align([["parity", ...columns], ...rows]),
    "",
    ...shown,
    ...(more > 0 ? [`… and ${more} more; --json has all`] : []),
    ...(shown.length > 0 ? [""] : []),
    verdictLine(verdict),
    "",
  ].join("\n");
}

/** Says in one line whether anything is red. */
export function verdictLine({ verdict, scope, services, methods, sdks, red }: Verdict): string {
  const compared = `${counted(services, "service")}, ${counted(methods, "method")}`;
  if (verdict === "pass") {
    const quick = scope === "quick" ? " (quick: runs no suite)" : "";
    return `verdict: pass, ${compared}, alike in ${sdks.join(", ")}${quick}`;
  }
  const where = [...new Set(red.map(({ sdk }) => sdk || "manifest"))];
  const count = counted(red.length, "red cell");
  return `verdict: fail, ${count}${where.length > 0 ? ` in ${where.join(", ")}` : ""} (${compared})`;
}

/** The red cells of a part in a column. */
export function redIn({ red }: Verdict, part: string, column: Column): Cell[] {
  return red.filter(
    (cell) => cell.part === part && [column, COLUMNS[column], ""].includes(cell.sdk),
  );
}

/** What a column has of a part, in a few characters. */
export function cellText(verdict: Verdict, part: Part, column: Column): string {
  const red = redIn(verdict, part, column).length;
  const mark = red > 0 ? "✗" : "✓";
  const wrong = red > 0 ? ` ${red} red` : "";
  switch (part) {
    case "manifest":
      return red > 0 ? `✗${wrong}` : `✓ ${counted(verdict.methods, "method")}`;
    case "pins":
      return `${mark}${wrong}`;
    case "matrix": {
      const counts = verdict.matrix.find(({ sdk }) => sdk === column)?.counts;
      if (counts === undefined) {
        return red > 0 ? `✗${wrong}` : "not run";
      }
      return `${mark} ${counts.passed}/${counts.passed + counts.failed}${wrong}`;
    }
    case "official": {
      const counts = verdict.official.find(({ sdk }) => sdk === column);
      if (counts === undefined) {
        return red > 0 ? `✗${wrong}` : "not run";
      }
      return `${mark} ${counts.passed}/${counts.total - counts.known}${wrong}`;
    }
  }
}

/** One red cell in a line: `✗ matrix go, r03 pushback-waits: request 2: expected …`. */
export function redLine({ part, sdk, row, message }: Cell): string {
  const place = [`${part}${sdk === "" ? "" : ` ${sdk}`}`, row].filter((text) => text !== "");
  return `✗ ${place.join(", ")}${message === "" ? "" : `: ${message}`}`;
}

// What an adapter wrote may be long.
function firstLine(text: string): string {
  const [line = "", ...rest] = text.split("\n");
  return rest.length > 0 ? `${line} …` : line;
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}
