import type { Counts, Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { totalOf } from "../totals.js";
import { sections } from "../sections.js";
import { html, type Html } from "./markup.js";
import { cell, row, table } from "./tables.js";

/** Every folder of cases, with the sections of the specification it proves: how many are green. */
export function behaviors({ red, sdks }: Verdict, { matrices }: Evidence): Html {
  const columns = columnsOf(sdks);
  const areaOf = new Map(
    columns.flatMap((column) => matrices[column]?.red ?? []).map((one) => [one.case, one.area]),
  );
  const rows = [...sectionsByArea()].map(([area, titles]) =>
    row(
      html`${titles.join(" · ")} <code>${area}</code>`,
      columns.map((column) => {
        const matrix = matrices[column];
        const wrong = red.filter(
          ({ part, sdk, row: name }) =>
            part === "matrix" && sdk === column && name !== "" && areaOf.get(name) === area,
        );
        return cell(matrix === undefined ? "not run" : countText(totalOf(matrix, area)), wrong);
      }),
    ),
  );
  return table("Behaviors: cases that are green, by section", ["section", ...columns], rows);
}

function sectionsByArea(): Map<string, string[]> {
  const titles = new Map<string, string[]>();
  for (const { title, areas } of sections()) {
    for (const area of areas) {
      titles.set(area, [...(titles.get(area) ?? []), title]);
    }
  }
  return titles;
}

function countText({ passed, failed, skipped, unable }: Counts): string {
  const mark = failed > 0 ? "✗" : passed > 0 ? "✓" : "·";
  return [
    `${mark} ${passed}/${passed + failed}`,
    ...(skipped > 0 ? [`${skipped} known to fail`] : []),
    ...(unable > 0 ? [`${unable} —`] : []),
  ].join(", ");
}
