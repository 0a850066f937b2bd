import { create } from "@bufbuild/protobuf";
import { type Cell, CellSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { columnsOf } from "../columns.js";
import { counted } from "../counted.js";
import type { Evidence } from "../evidence.js";
import { isOf, staleness } from "../freshness.js";

/**
 * What is red in the last runs of Connect's own suite.
 *
 * @param demanded - Whether there has to be a verdict of each column on its sources as they are.
 */
export function officialCells(evidence: Evidence, demanded: boolean): Cell[] {
  const { parity, officials } = evidence;
  return columnsOf(parity.sdks).flatMap((sdk) => {
    const official = officials[sdk];
    const stale = staleness(evidence, "official", sdk);
    const cell = (row: string, message: string) =>
      create(CellSchema, { part: "official", sdk, row, message });
    const { total = 0, passed = 0, failed = 0, known = 0 } = official?.totals ?? {};
    const counts = demanded || (official !== undefined && isOf(evidence, official.run, sdk));
    return [
      ...(demanded && stale !== undefined ? [cell("", stale)] : []),
      ...(counts && official !== undefined && passed === 0 ? [cell("", "no case passed")] : []),
      ...(counts && total !== passed + failed + known
        ? [cell("", `its counts do not add up: ${counted(total, "case")} in all`)]
        : []),
      ...(counts && failed > 0 ? [cell("", `${counted(failed, "case")} failed`)] : []),
      ...(counts ? (official?.failures ?? []).map(failureCell(cell)) : []),
    ];
  });
}

// The runner says the name of a case, then why it failed.
function failureCell(cell: (row: string, message: string) => Cell) {
  return (failure: string) => {
    const [name = "", ...why] = failure.split("\n");
    return cell(name.replace(/:$/, ""), why.map((line) => line.trim()).join(" "));
  };
}
