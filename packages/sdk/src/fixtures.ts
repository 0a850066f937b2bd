export { fixtures } from "@ameideio/core-proto/fixtures";
export type { Fixture } from "@ameideio/core-proto/fixtures";
