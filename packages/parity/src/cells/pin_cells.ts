import { create } from "@bufbuild/protobuf";
import { type Cell, CellSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import type { Evidence } from "../evidence.js";
import { serviceDigests } from "../service_digests.js";

/** What SDKs have that is not pinned, and what is pinned and is not there. */
export function pinCells({ parity, api, pins }: Evidence): Cell[] {
  return parity.surfaces.flatMap((surface) => {
    const { sdk } = surface;
    const agreed = pins.sdks[sdk];
    return [
      ...changes(sdk, "surface", agreed?.services ?? {}, serviceDigests(surface)),
      ...changes(sdk, "API report", agreed?.api ?? {}, api[sdk] ?? {}),
    ];
  });
}

type Digests = Readonly<Record<string, string>>;

function changes(sdk: string, what: string, agreed: Digests, seen: Digests): Cell[] {
  const rows = new Set([...Object.keys(agreed), ...Object.keys(seen)]);
  return [...rows]
    .filter((row) => agreed[row] !== seen[row])
    .map((row) => {
      const how =
        agreed[row] === undefined
          ? "is not pinned"
          : seen[row] === undefined
            ? "is pinned, and is not there"
            : "is not what is pinned";
      const message = `the ${what} ${how}: review it, then npx -y pnpm@12.21.0 parity --pin`;
      return create(CellSchema, { part: "pins", sdk, row, message });
    });
}
