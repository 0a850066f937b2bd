import { create } from "@bufbuild/protobuf";
import { type Cell, CellSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { inCi as isInCi } from "@ameideio/scripts/in_ci.mjs";
import type { Problem } from "@ameideio/manifest";
import type { Evidence } from "../evidence.js";

/** What SDKs have that they should not, and the other way round; in CI also those not looked at. */
export function manifestCells({ parity }: Evidence, inCi = isInCi()): Cell[] {
  const missing = parity.missing.map((line) =>
    create(CellSchema, { part: "manifest", sdk: line.split(" ")[0] ?? "", message: line }),
  );
  return [...(inCi ? missing : []), ...parity.problems.map(cellOf)];
}

function cellOf({ sdk = "", service, method, rule, where, message }: Problem): Cell {
  return create(CellSchema, {
    part: "manifest",
    sdk,
    row: method === undefined ? service : `${service}/${method}`,
    message: `${rule.replaceAll("-", " ")}: ${message} (${where.join(", ")})`,
  });
}
