import { compare, type Comparison } from "./compare.js";
import { FAULTS } from "./faults/index.js";
import type { Style } from "./style.js";
import { HEADING, rowEnd, rowStart, TITLE, verdictLine } from "./table.js";
import { timeline } from "./timeline.js";

/**
 * Makes all faults happen and shows the results to people.
 *
 * @param row - Row to show in detail, from 1.
 * @returns True if every call of the SDK ended as its contract says.
 */
export async function show(
  row: number,
  write: (text: string) => void,
  style: Style,
): Promise<boolean> {
  write(`${TITLE}\n${style.dim(HEADING)}\n`);
  const comparisons: Comparison[] = [];
  for (const [index, fault] of FAULTS.entries()) {
    write(rowStart(index + 1, fault.title));
    const comparison = await compare(fault);
    write(`${rowEnd(comparison, style)}\n`);
    comparisons.push(comparison);
  }
  for (const [index, { deviations }] of comparisons.entries()) {
    if (deviations.length > 0) {
      write(`\n${index + 1} ${style.red(deviations.join("; "))}\n`);
    }
  }
  write(`\n${timeline(row, comparisons[row - 1] as Comparison, style)}\n`);
  write(`\n${style.bold(verdictLine(comparisons))}\n`);
  const other = row === FAULTS.length ? 1 : row + 1;
  write(
    style.dim(`next: start --case ${other} · start --serve · docs/bring-your-own.md`).concat("\n"),
  );
  return comparisons.every(({ deviations }) => deviations.length === 0);
}
