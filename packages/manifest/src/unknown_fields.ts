import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { UnknownField } from "@bufbuild/protobuf";
import { UserError } from "./user_error.js";

/** A field of a message that is read by number. */
export interface Field {
  readonly no: number;
  /** What a varint field says. 0 for others. */
  readonly varint: number;
  /** What a field with a length has. Empty for others. */
  readonly bytes: Uint8Array;
}

/**
 * Returns the fields of a message that stands in an unknown field, all its occurrences merged.
 *
 * @param name - What an error calls the message.
 * @throws UserError if it is no message.
 */
export function unknownMessage(
  unknown: readonly UnknownField[] | undefined,
  wanted: number,
  name: string,
): Field[] {
  const found = unknown?.filter(({ no }) => no === wanted) ?? [];
  return found.flatMap(({ data, wireType }) => {
    if (wireType !== WireType.LengthDelimited) {
      throw new UserError(`${name} is malformed: it is no message`);
    }
    return fieldsOf(new BinaryReader(data).bytes(), name);
  });
}

/**
 * Returns the fields of a serialized message, in their order.
 *
 * @param name - What an error calls the message.
 * @throws UserError if it is none.
 */
export function fieldsOf(bytes: Uint8Array, name: string): Field[] {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  try {
    while (reader.pos < reader.len) {
      const [no, wireType] = reader.tag();
      const field = { no, varint: 0, bytes: new Uint8Array() };
      if (wireType === WireType.Varint) {
        fields.push({ ...field, varint: Number(reader.uint64()) });
      } else if (wireType === WireType.LengthDelimited) {
        fields.push({ ...field, bytes: reader.bytes() });
      } else {
        reader.skip(wireType, no);
        fields.push(field);
      }
    }
    return fields;
  } catch (reason) {
    throw new UserError(`${name} is malformed: ${(reason as Error).message}`);
  }
}
