import type { Comparison } from "./compare.js";
import type { Style } from "./style.js";

const FAULT_WIDTH = 30;
const TYPICAL_WIDTH = 30;
const OURS_WIDTH = 36;

/** The line above the table. */
export const TITLE =
  'real sockets, 6 faults · "typical" = Connect + 18-line loop (packages/e2e/src/demo/typical.ts)';

/** The names of the columns. */
export const HEADING = `  ${"fault".padEnd(FAULT_WIDTH)}${"typical".padEnd(TYPICAL_WIDTH)}ameide`;

/** The part of a row that is known before its calls are made. */
export function rowStart(number: number, title: string): string {
  return `${number} ${title.padEnd(FAULT_WIDTH)}`;
}

/** The rest of a row. */
export function rowEnd({ fault, typical, ameide, deviations }: Comparison, style: Style): string {
  const theirs = fault.good(typical) ? "=" : style.red("✗");
  const ours = deviations.length === 0 ? style.green("✓") : style.red("✗");
  const left = fault.cell(typical).padEnd(TYPICAL_WIDTH - 4);
  return `${left}${theirs}   ${fault.cell(ameide).padEnd(OURS_WIDTH)}${ours}`;
}

/** The verdict over all rows. */
export function verdictLine(comparisons: readonly Comparison[]): string {
  const good = comparisons.filter(({ deviations }) => deviations.length === 0).length;
  return `verdict: ${good} of ${comparisons.length} as the contract says`;
}
