import type { Sdk } from "@ameideio/manifest";

/** The columns of the suites, in their order, with the SDK that each is of. */
export const COLUMNS = {
  ts: "ts",
  go: "go",
  "py-async": "python",
  "py-sync": "python",
} as const satisfies Readonly<Record<string, Sdk>>;

/** Id of a column, as in adapters.yaml. */
export type Column = keyof typeof COLUMNS;

/** The columns of SDKs. */
export function columnsOf(sdks: readonly string[]): Column[] {
  return (Object.keys(COLUMNS) as Column[]).filter((column) => sdks.includes(COLUMNS[column]));
}
