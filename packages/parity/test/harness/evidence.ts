import { create } from "@bufbuild/protobuf";
import { ManifestSchema, SurfaceSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import {
  MatrixSchema,
  OfficialSchema,
  PinsSchema,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { check, LANGUAGES, SDKS } from "@ameideio/manifest";
import { COLUMNS } from "../../src/columns.js";
import type { Evidence } from "../../src/evidence.js";
import { pinned } from "../../src/pins.js";
import { SCHEMA } from "../../src/schema.js";

const SERVICE = "acme.orders.v1.OrdersService";
const METHODS = ["GetOrder", "ListOrders"];

const names = (name: string) => ({ typescript: name, go: name, python: name });
const manifest = create(ManifestSchema, {
  services: [
    {
      name: SERVICE,
      names: names("orders"),
      methods: METHODS.map((name) => ({ name, names: names(name), kind: "unary" })),
    },
  ],
});
const surfaces = SDKS.map((sdk) =>
  create(SurfaceSchema, {
    sdk,
    stubs: manifest.services,
    clients: manifest.services.map(({ name, names: called, methods }) => ({
      entry: "entry",
      name: called?.[LANGUAGES[sdk]] ?? "",
      methods: methods.map((method) => ({
        name: method.name,
        procedure: `${name}/${method.name}`,
        kind: method.kind,
      })),
    })),
  }),
);
const api = Object.fromEntries(SDKS.map((sdk) => [sdk, { [`packages/${sdk}/api/a.txt`]: "1" }]));
const columns = Object.keys(COLUMNS);
const byColumn = <T>(make: (column: string) => T) =>
  Object.fromEntries(columns.map((column) => [column, make(column)]));

/** What is green in every part, but for changes. */
export function green(changes: Partial<Evidence> = {}): Evidence {
  const runs = byColumn((column) => `sources of ${column}`);
  return {
    parity: {
      ...check(manifest, surfaces),
      missing: [],
      manifest,
      surfaces,
      digests: { module: "module", image: "image", manifest: "manifest", surfaces: {} },
    },
    api,
    pins: pinned(create(PinsSchema), surfaces, api),
    runs,
    matrices: byColumn((sdk) =>
      create(MatrixSchema, {
        schema: SCHEMA,
        sdk,
        run: runs[sdk] ?? "",
        whole: true,
        areas: [
          { area: "retry", layer: "memory", counts: { passed: 2, unable: 1 } },
          { area: "retry", layer: "wire", counts: { passed: 1, skipped: 1 } },
        ],
        excused: [
          { case: "r90 lacks", area: "retry", verdict: "unable", reason: "needs cancel" },
          { case: "r91 later", area: "retry", verdict: "skipped", reason: "not <yet>" },
        ],
        policies: { "r01 a": "hash" },
        cases: 4,
      }),
    ),
    officials: byColumn((sdk) =>
      create(OfficialSchema, {
        schema: SCHEMA,
        run: runs[sdk] ?? "",
        totals: { sdk, total: 9, passed: 7, known: 2 },
      }),
    ),
    ...changes,
  };
}
