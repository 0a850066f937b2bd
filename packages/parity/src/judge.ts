import { create } from "@bufbuild/protobuf";
import { type Verdict, VerdictSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { sha256 } from "@ameideio/manifest";
import { manifestCells } from "./cells/manifest_cells.js";
import { matrixCells } from "./cells/matrix_cells.js";
import { officialCells } from "./cells/official_cells.js";
import { pinCells } from "./cells/pin_cells.js";
import { type Column, columnsOf } from "./columns.js";
import type { Evidence } from "./evidence.js";
import { isOf } from "./freshness.js";
import { SCHEMA } from "./schema.js";
import { totalOf } from "./totals.js";

/** How much is demanded: `quick` does without verdicts of the suites on the sources as they are. */
export type Scope = "full" | "quick";

/** Judges: one red cell fails. */
export function judge(evidence: Evidence, scope: Scope): Verdict {
  const { parity, api, runs, matrices, officials } = evidence;
  const demanded = scope === "full";
  const red = [
    ...manifestCells(evidence),
    ...pinCells(evidence),
    ...matrixCells(evidence, demanded),
    ...officialCells(evidence, demanded),
  ];
  const columns = columnsOf(parity.sdks);
  const counts = (run: string, sdk: Column) => demanded || isOf(evidence, run, sdk);
  return create(VerdictSchema, {
    schema: SCHEMA,
    verdict: red.length === 0 && parity.sdks.length > 0 ? "pass" : "fail",
    scope,
    services: parity.services,
    methods: parity.methods,
    sdks: [...parity.sdks],
    missing: [...parity.missing],
    digests: {
      ...parity.digests,
      api: Object.fromEntries(
        Object.entries(api).map(([sdk, reports]) => [sdk, sha256(JSON.stringify(reports))]),
      ),
      runs: { ...runs },
    },
    red,
    matrix: columns.flatMap((sdk) => {
      const matrix = matrices[sdk];
      return matrix === undefined || !counts(matrix.run, sdk)
        ? []
        : [{ sdk, counts: totalOf(matrix) }];
    }),
    official: columns.flatMap((sdk) => {
      const { run = "", totals } = officials[sdk] ?? {};
      return totals === undefined || !counts(run, sdk) ? [] : [totals];
    }),
  });
}
