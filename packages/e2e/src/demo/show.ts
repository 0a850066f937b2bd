import { compare, type Comparison, isAsStated } from "./compare.js";
import { FAULTS } from "./faults/index.js";
import type { Others } from "./languages.js";
import type { Style } from "./style.js";
import { heading, rowEnd, rowStart, TITLE, verdictLine } from "./table.js";
import { timeline } from "./timeline.js";

/**
 * Makes all faults happen and shows the results to people.
 *
 * @param row - The row to show in detail, from 1.
 * @param others - The SDKs of other languages.
 * @returns Whether every call of the SDK ended as its contract says.
 */
export async function show(
  row: number,
  write: (text: string) => void,
  style: Style,
  others: Others,
): Promise<boolean> {
  write(`${TITLE}\n`);
  for (const line of others.leftOut) {
    write(`${line}\n`);
  }
  write(`${style.dim(heading(others.sdks))}\n`);
  const comparisons: Comparison[] = [];
  for (const [index, fault] of FAULTS.entries()) {
    write(rowStart(index + 1, fault.title, others.sdks));
    const comparison = await compare(fault, others.sdks);
    write(`${rowEnd(comparison, style)}\n`);
    comparisons.push(comparison);
  }
  for (const [index, comparison] of comparisons.entries()) {
    for (const wrong of wrongs(comparison)) {
      write(`\n${index + 1} ${style.red(wrong)}\n`);
    }
  }
  write(`\n${timeline(row, comparisons[row - 1] as Comparison, style)}\n`);
  write(`\n${style.bold(verdictLine(comparisons))}\n`);
  const other = row === FAULTS.length ? 1 : row + 1;
  write(
    style.dim(`next: start --case ${other} · start --serve · docs/bring-your-own.md`).concat("\n"),
  );
  return comparisons.every(isAsStated);
}

// What deviates from the contract, and where another language differs from TypeScript.
function wrongs({ deviations, others }: Comparison): string[] {
  const of = others.flatMap(({ trial, deviations: theirs, difference }) => [
    ...(theirs.length === 0 ? [] : [`${trial.sdk}: ${theirs.join("; ")}`]),
    ...(difference === undefined ? [] : [`${trial.sdk} differs: ${difference}`]),
  ]);
  return [...(deviations.length === 0 ? [] : [deviations.join("; ")]), ...of];
}
