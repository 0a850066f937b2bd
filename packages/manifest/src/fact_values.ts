import { create } from "@bufbuild/protobuf";
import {
  type Facts,
  FactsSchema,
  type Method,
} from "@ameideio/conformance-proto/ameide/manifest/v1";

/** Names of the options of policy.proto, by those of the facts. */
export const FACT_OPTIONS = Object.fromEntries(
  FactsSchema.fields.map(({ name, localName }) => [localName, name]),
) as Readonly<Record<FactName, string>>;

/** Name of a fact. */
export type FactName = Exclude<keyof Facts, "$typeName" | "$unknown">;

/** The names of all facts. */
export const FACT_NAMES = Object.keys(FACT_OPTIONS) as FactName[];

/** The facts of a method. */
export function factsOf({ facts }: Method): Facts {
  return facts ?? create(FactsSchema);
}

/** Value of a fact. */
export type Value = Facts[FactName];

/** Shows a value: a list with spaces, what has some itself in quotes, none of what is empty. */
export function show(value: Value): string {
  if (value === undefined) {
    return "unset";
  }
  const text = typeof value === "object" ? value.map(quoted).join(" ") : String(value);
  return text === "" ? "none" : text;
}

/** Reports whether two values are the same. */
export function isSame(a: Value, b: Value): boolean {
  return typeof a === "object" && typeof b === "object"
    ? a.length === b.length && a.every((each, index) => each === b[index])
    : a === b;
}

function quoted(text: string): string {
  return text === "" || /[\s"]/.test(text) ? JSON.stringify(text) : text;
}
