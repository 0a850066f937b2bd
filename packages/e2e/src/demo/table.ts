import { type Comparison, isAsStated } from "./compare.js";
import type { Sdk } from "./sdks.js";
import type { Style } from "./style.js";

/** The mark of another language; the cell beside it is TypeScript's. */
const OTHER_WIDTH = 4;

// What another language's mark takes, ours gives.
function widthsFor(others: number): { fault: number; typical: number; ours: number } {
  return { fault: 29, typical: 29, ours: 38 - OTHER_WIDTH * others };
}

/** The line above the table. */
export const TITLE =
  'real sockets, 6 faults · "typical" = Connect + 18-line loop (packages/e2e/src/demo/typical.ts)';

/**
 * The names of the columns.
 *
 * @param others - The SDKs of other languages, each of which has one: two letters of its name.
 */
export function heading(others: readonly Sdk[]): string {
  const width = widthsFor(others.length);
  const start = `  ${"fault".padEnd(width.fault)}${"typical".padEnd(width.typical)}`;
  if (others.length === 0) {
    return `${start}ameide`;
  }
  const names = others.map(({ name }) => name.slice(0, 2).padStart(OTHER_WIDTH)).join("");
  return `${start}${"ameide".padEnd(width.ours - 1)}TS${names}`;
}

/**
 * The part of a row that is known before its calls are made.
 *
 * @param others - As of {@link heading}.
 */
export function rowStart(number: number, title: string, others: readonly Sdk[]): string {
  return `${number} ${title.padEnd(widthsFor(others.length).fault)}`;
}

/** The rest of a row. */
export function rowEnd(comparison: Comparison, style: Style): string {
  const { fault, typical, ameide, deviations, others } = comparison;
  const theirs = fault.good(typical) ? "=" : style.red("✗");
  const mark = (isGood: boolean) => (isGood ? style.green("✓") : style.red("✗"));
  const marks = [
    mark(deviations.length === 0),
    ...others.map(
      (other) =>
        " ".repeat(OTHER_WIDTH - 1) +
        mark(other.deviations.length === 0 && other.difference === undefined),
    ),
  ].join("");
  const width = widthsFor(others.length);
  const left = fault.cell(typical).padEnd(width.typical - 4);
  return `${left}${theirs}   ${fault.cell(ameide).padEnd(width.ours)}${marks}`;
}

/** The verdict over all rows. */
export function verdictLine(comparisons: readonly Comparison[]): string {
  const good = comparisons.filter(isAsStated).length;
  const others = comparisons[0]?.others.map(({ trial }) => trial.sdk) ?? [];
  const named = new Intl.ListFormat("en-GB").format(["TypeScript", ...others]);
  const alike = others.length === 0 ? "" : `, alike in ${named}`;
  return `verdict: ${good} of ${comparisons.length} as the contract says${alike}`;
}
