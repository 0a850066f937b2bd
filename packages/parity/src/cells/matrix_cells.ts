import { create } from "@bufbuild/protobuf";
import {
  type Cell,
  CellSchema,
  type Matrix,
  type RedCase,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { type Column, columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { counted } from "../counted.js";
import { isOf, staleness } from "../freshness.js";
import { totalOf } from "../totals.js";

/**
 * What is red in the last runs of the conformance suite.
 *
 * @param demanded - Whether there has to be a verdict of each column on its sources as they are.
 */
export function matrixCells(evidence: Evidence, demanded: boolean): Cell[] {
  const { parity, matrices } = evidence;
  return columnsOf(parity.sdks).flatMap((column) => {
    const matrix = matrices[column];
    const stale = staleness(evidence, "matrix", column);
    return [
      ...(demanded && stale !== undefined ? [cell(column, "", stale)] : []),
      ...(matrix === undefined || !(demanded || isOf(evidence, matrix.run, column))
        ? []
        : [
            ...redCells(column, matrix),
            ...countCells(column, matrix),
            ...comparedCells(column, matrix, evidence),
          ]),
    ];
  });
}

function redCells(column: Column, { red, problems }: Matrix): Cell[] {
  const cases = new Map<string, RedCase[]>();
  for (const one of red) {
    cases.set(one.case, [...(cases.get(one.case) ?? []), one]);
  }
  return [
    ...problems.map((problem) => cell(column, "", problem)),
    ...[...cases].map(([name, runs]) => cell(column, name, messageOf(runs))),
  ];
}

// What counts say beside the cells.
function countCells(column: Column, { areas, red, excused, whole, cases }: Matrix): Cell[] {
  const { passed, failed, skipped, unable } = totalOf({ areas });
  const isNamed = (verdict: string) => excused.some((each) => each.verdict === verdict);
  const wrong = [
    ...(passed === 0 ? ["no case passed"] : []),
    ...(failed > 0 && red.length === 0 ? [`${counted(failed, "failure")}, and none is named`] : []),
    ...(skipped > 0 === isNamed("skipped")
      ? []
      : ["what is known to fail is counted and not named, or named and not counted"]),
    ...(unable > 0 === isNamed("unable")
      ? []
      : ["what is beyond the language is counted and not named, or named and not counted"]),
    ...(whole && cases === 0 ? ["it does not state how many cases it has"] : []),
  ];
  return wrong.map((message) => cell(column, "", message));
}

// Cases, and the effective policy in each, are the same in every language.
function comparedCells(column: Column, matrix: Matrix, evidence: Evidence): Cell[] {
  const { parity, matrices } = evidence;
  const first = columnsOf(parity.sdks).find((each) =>
    isOf(evidence, matrices[each]?.run ?? "", each),
  );
  const before = first === undefined ? undefined : matrices[first];
  if (first === undefined || before === undefined || first === column) {
    return [];
  }
  const isWhole = matrix.whole && before.whole;
  const names = new Set([...Object.keys(before.policies), ...Object.keys(matrix.policies)]);
  const told = { [first]: toldIn(before), [column]: toldIn(matrix) };
  return [
    ...(isWhole && matrix.cases !== before.cases
      ? [cell(column, "", `it has ${counted(matrix.cases, "case")}, in ${first} ${before.cases}`)]
      : []),
    ...[...names].flatMap((name) => {
      const [hash, other] = [matrix.policies[name], before.policies[name]];
      if (hash === other) {
        return [];
      }
      if (hash !== undefined && other !== undefined) {
        const message = `the hash of the effective policy is ${hash}, in ${first} ${other}`;
        return [cell(column, name, message)];
      }
      const lacking = hash === undefined ? column : first;
      const message = `there is no hash of the effective policy in ${lacking}`;
      return isWhole && told[lacking]?.has(name) !== true ? [cell(column, name, message)] : [];
    }),
  ];
}

// Cases that need not have got so far as to have a policy.
function toldIn({ excused, red }: Matrix): ReadonlySet<string> {
  return new Set([...excused, ...red].map((each) => each.case));
}

function messageOf(runs: readonly RedCase[]): string {
  const [run] = runs;
  const [difference, ...others] = run?.differences ?? [];
  const { step = "", what = "", expected = "", seen = "" } = difference ?? {};
  const place = [run?.combination ?? "", runs.length > 1 ? `and ${runs.length - 1} more` : ""];
  const where = place.filter((part) => part !== "").join(" ");
  const more = others.length === 0 ? "" : ` (${others.length} more)`;
  return `${step}${what === "" ? "" : `, ${what}`}: expected ${expected}, seen ${seen}${more}, in ${where}`;
}

function cell(sdk: Column, row: string, message: string): Cell {
  return create(CellSchema, { part: "matrix", sdk, row, message });
}
