import { type DescField, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { ourFiles, stubs } from "./stubs.js";

/** No field has these numbers, and no enum that value. */
const NEW_FIELDS = [18995, 18996, 18997, 18998] as const;
const NEW_VALUE = 9999;

const registry = await stubs();
const messages = ourFiles().flatMap((file) => file.messages.flatMap(withNested));

test("there are messages with enums and messages in them", () => {
  const kinds = messages.flatMap(({ fields }) => fields.flatMap((field) => newer(field) ?? []));
  expect(kinds.length).toBeGreaterThan(50);
});

test.each(messages)("a newer $typeName is the same after an older reader", ({ typeName }) => {
  const schema = registry.getMessage(typeName);
  if (schema === undefined) {
    throw new Error(`no stub of ${typeName}`);
  }
  const bytes = newerMessage(schema);
  expect(toBinary(schema, fromBinary(schema, bytes))).toEqual(bytes);
});

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

/** A message as a newer module may write it: values of enums and fields that this one does not know. */
function newerMessage({ fields }: DescMessage): Uint8Array {
  const chosen = fields.filter(
    (field) => field.oneof === undefined || field === field.oneof.fields.at(-1),
  );
  const writer = new BinaryWriter();
  for (const field of chosen.toSorted((a, b) => a.number - b.number)) {
    const value = newer(field);
    if (typeof value === "number") {
      writer.tag(field.number, WireType.Varint).int32(value);
    } else if (value !== undefined) {
      writer.tag(field.number, WireType.LengthDelimited).bytes(value);
    }
  }
  return writer.raw(newFields()).finish();
}

/** An unknown value of an enum, an unknown list of them, or a message of unknown fields. */
function newer(field: DescField): number | Uint8Array | undefined {
  if (field.fieldKind === "enum") {
    return NEW_VALUE;
  }
  if (field.fieldKind === "list" && field.listKind === "enum") {
    return new BinaryWriter().int32(NEW_VALUE).int32(NEW_VALUE).finish();
  }
  const message = field.fieldKind === "map" ? undefined : field.message;
  return message === undefined || message.typeName.startsWith("google.") ? undefined : newFields();
}

/** A field of each wire type. */
function newFields(): Uint8Array {
  const [varint, fixed64, bytes, fixed32] = NEW_FIELDS;
  return new BinaryWriter()
    .tag(varint, WireType.Varint)
    .int32(1)
    .tag(fixed64, WireType.Bit64)
    .double(2)
    .tag(bytes, WireType.LengthDelimited)
    .string("three")
    .tag(fixed32, WireType.Bit32)
    .float(4)
    .finish();
}
