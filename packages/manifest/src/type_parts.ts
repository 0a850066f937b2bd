import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import type { Enum, Field, Message } from "@ameideio/conformance-proto/ameide/manifest/v1";

/** A field of a message, or a value of an enum. */
export interface Part {
  readonly kind: "field" | "value";
  readonly name: string;
  /** All that is said of it: `string = 1`. */
  readonly text: string;
}

/** The fields of a message, or the values of an enum. */
export function partsOf(type: Message | Enum): Part[] {
  return "fields" in type
    ? type.fields.map((field) => ({ kind: "field", name: field.name, text: fieldText(field) }))
    : type.values.map(({ name, number }) => ({ kind: "value", name, text: String(number) }));
}

function fieldText({ type, number, oneof, jsonName, name }: Field): string {
  const notes = [
    ...(oneof === "" ? [] : [`of ${oneof}`]),
    ...(jsonName === protoCamelCase(name) ? [] : [`in JSON ${jsonName}`]),
  ];
  return [`${type} = ${number}`, ...notes].join(", ");
}
