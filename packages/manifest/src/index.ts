/**
 * @module
 * What must exist in every SDK, and whether it does.
 */
export type { Manifest, Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
export { sha256, toCanonicalJson } from "./canonical.js";
export { check, isGreen, type Verdict } from "./check/check.js";
export { type Problem, type Rule, RULES } from "./check/problem.js";
export { parseStrictly } from "./cli/parse_strictly.js";
export { type Change, type ChangeKind, changesOf } from "./diff.js";
export { manifestOf } from "./emit.js";
export { type Image, readImage } from "./image.js";
export { buildInspector, inspect, type Inspected, type Inspector } from "./inspect/inspect.js";
export { type Digests, type Parity, parity, parityOf } from "./parity.js";
export { readManifest, readSurface, SCHEMA } from "./read.js";
export { LANGUAGES, type Sdk, SDKS } from "./sdks.js";
export { surfaceOf } from "./surface.js";
export { type Taken, takeSurfaces } from "./take_surfaces.js";
export { UserError } from "./user_error.js";
