import { type Comparison, isAsStated } from "./compare.js";
import type { Sdk } from "./sdks.js";
import type { Style } from "./style.js";

const FAULT_WIDTH = 30;
const TYPICAL_WIDTH = 30;
const OURS_WIDTH = 36;
/** The mark of another language; the cell beside it is TypeScript's. */
const OTHER_WIDTH = 4;
/** What the other columns give up for it, each. */
const GIVEN = 2;

/** The line above the table. */
export const TITLE =
  'real sockets, 6 faults · "typical" = Connect + 18-line loop (packages/e2e/src/demo/typical.ts)';

/**
 * The names of the columns.
 *
 * @param others - The SDKs of other languages, each of which has one.
 */
export function heading(others: readonly Sdk[]): string {
  const given = others.length * GIVEN;
  const start = `  ${"fault".padEnd(FAULT_WIDTH)}${"typical".padEnd(TYPICAL_WIDTH - given)}`;
  if (others.length === 0) {
    return `${start}ameide`;
  }
  const names = others.map(({ name }) => name.padStart(OTHER_WIDTH)).join("");
  return `${start}${"ameide".padEnd(OURS_WIDTH - given - 1)}TS${names}`;
}

/** The part of a row that is known before its calls are made. */
export function rowStart(number: number, title: string): string {
  return `${number} ${title.padEnd(FAULT_WIDTH)}`;
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
  const given = others.length * GIVEN;
  const left = fault.cell(typical).padEnd(TYPICAL_WIDTH - 4 - given);
  return `${left}${theirs}   ${fault.cell(ameide).padEnd(OURS_WIDTH - given)}${marks}`;
}

/** The verdict over all rows. */
export function verdictLine(comparisons: readonly Comparison[]): string {
  const good = comparisons.filter(isAsStated).length;
  const others = comparisons[0]?.others.map(({ trial }) => trial.sdk) ?? [];
  const alike = others.length === 0 ? "" : `, alike in ${["TypeScript", ...others].join(" and ")}`;
  return `verdict: ${good} of ${comparisons.length} as the contract says${alike}`;
}
