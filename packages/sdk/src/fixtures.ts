export { fixtures } from "@ameideio/core-proto/fixtures";
export type { Fixture } from "@ameideio/core-proto/fixtures";
export { names, read } from "./fixtures/catalog.js";
export { FixtureError, type FixtureErrorCode } from "./fixtures/fixture_error.js";
export { load } from "./fixtures/load.js";
