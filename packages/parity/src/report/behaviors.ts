import type { Counts, Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { totalOf } from "../judge.js";
import { sections } from "../sections.js";
import { html, type Html } from "./markup.js";
import { cell, row, table } from "./tables.js";

/** Every section of the specification that has cases, by column: how many of them are green. */
export function behaviors({ red, sdks }: Verdict, { matrices }: Evidence): Html {
  const columns = columnsOf(sdks);
  const areaOf = new Map(
    columns.flatMap((column) => matrices[column]?.red ?? []).map((one) => [one.case, one.area]),
  );
  const proved = sections().filter(({ areas }) => areas.length > 0);
  const rows = proved.flatMap(({ title, areas }) =>
    areas.map((area) =>
      row(
        html`${title} <code>${area}</code>`,
        columns.map((column) => {
          const matrix = matrices[column];
          const wrong = red.filter(
            ({ part, sdk, row: name }) =>
              part === "matrix" && sdk === column && name !== "" && areaOf.get(name) === area,
          );
          return cell(matrix === undefined ? "not run" : countText(totalOf(matrix, area)), wrong);
        }),
      ),
    ),
  );
  return table("Behaviors: cases that are green, by section", ["section", ...columns], rows);
}

function countText({ passed, failed, skipped, unable }: Counts): string {
  const mark = failed > 0 ? "✗" : passed > 0 ? "✓" : "·";
  return [
    `${mark} ${passed}/${passed + failed}`,
    ...(skipped > 0 ? [`${skipped} known to fail`] : []),
    ...(unable > 0 ? [`${unable} —`] : []),
  ].join(", ");
}
