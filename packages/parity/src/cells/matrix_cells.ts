import { create } from "@bufbuild/protobuf";
import {
  type Cell,
  CellSchema,
  type Matrix,
  type RedCase,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { type Column, columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { isOf, staleness } from "../freshness.js";

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
        : [...redCells(column, matrix), ...policyCells(column, matrix, evidence)]),
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

// The effective policy of a case is the same in every language.
function policyCells(column: Column, matrix: Matrix, { parity, matrices }: Evidence): Cell[] {
  const first = columnsOf(parity.sdks).find((each) => matrices[each] !== undefined);
  const before = first === undefined || first === column ? undefined : matrices[first];
  return Object.entries(matrix.policies)
    .map(([name, hash]) => ({ name, hash, other: before?.policies[name] ?? hash }))
    .filter(({ hash, other }) => hash !== other)
    .map(({ name, hash, other }) =>
      cell(column, name, `the hash of the effective policy is ${hash}, in ${first} ${other}`),
    );
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
