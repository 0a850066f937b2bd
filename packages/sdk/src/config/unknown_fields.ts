import type { DescMessage, Message } from "@bufbuild/protobuf";
import { nearestOf } from "../errors/did_you_mean.js";
import { memberOf, type Unknown } from "./json_document.js";
import { BOUNDS } from "../policy/policy_table.js";

/** Lists the fields of a message that its type does not know, by number: `default.100`. */
export function unknownInMessage(schema: DescMessage, message: Message): Unknown[] {
  return [...inMessage(schema, message, "")].map((path) => ({
    path,
    name: "",
    known: [],
    got: "",
  }));
}

function* inMessage(schema: DescMessage, message: Message, path: string): Iterable<string> {
  for (const { no } of message.$unknown ?? []) {
    yield memberOf(path, String(no));
  }
  for (const field of schema.fields) {
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    if (field.message !== undefined && value !== undefined) {
      const at = memberOf(path, field.jsonName);
      const [all, list] = Array.isArray(value) ? [value as Message[], true] : [[value], false];
      for (const [i, one] of all.entries()) {
        yield* inMessage(field.message, one as Message, list ? `${at}[${i}]` : at);
      }
    }
  }
}

/** Lists unknown names in one line: `default.maxAttemps (did you mean maxAttempts?), hedging`. */
export function unknownNames(all: readonly Unknown[]): string[] {
  const told = all.slice(0, BOUNDS.maxFaults).map(({ path, name, known, why }) => {
    const near = nearestOf(name, known);
    const what = near === undefined ? why : `did you mean ${near}?`;
    return what === undefined ? path : `${path} (${what})`;
  });
  return all.length > BOUNDS.maxFaults ? [...told, "and more"] : told;
}
