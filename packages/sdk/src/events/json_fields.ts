import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Registry,
  ScalarType,
} from "@bufbuild/protobuf";
import { messageNamed } from "./data_schema.js";
import { isTime } from "./rfc3339.js";

const OF_64_BITS: readonly (ScalarType | undefined)[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
];
const NO_INTEGERS: readonly (ScalarType | undefined)[] = [
  ScalarType.BOOL,
  ScalarType.BYTES,
  ScalarType.DOUBLE,
  ScalarType.FLOAT,
  ScalarType.STRING,
];

/**
 * Checks what Protobuf-ES reads as something else: days there are not, integers that a double does not
 * hold or that are written otherwise than in decimal digits, and numbers that are infinite.
 *
 * @param types - Messages that may be in a `google.protobuf.Any`.
 * @throws Error that says what is wrong.
 */
export function checkFields(desc: DescMessage, json: JsonValue, types: Registry): void {
  if (desc.typeName === "google.protobuf.Timestamp") {
    if (typeof json === "string" && !isTime(json)) {
      throw new Error("a time is none of RFC 3339");
    }
    return;
  }
  if (desc.typeName === "google.protobuf.Duration") {
    return;
  }
  if (!isObject(json) || WITH_ANY_JSON.includes(desc.typeName)) {
    checkScalar(desc.fields[0]?.scalar, json);
    return;
  }
  if (desc.typeName === "google.protobuf.Any") {
    checkAny(json, types);
    return;
  }
  for (const field of desc.fields) {
    for (const name of [field.name, field.jsonName]) {
      if (Object.hasOwn(json, name)) {
        checkField(field, json[name] as JsonValue, types);
      }
    }
  }
}

const WITH_ANY_JSON = [
  "google.protobuf.ListValue",
  "google.protobuf.Struct",
  "google.protobuf.Value",
];

function checkAny(json: JsonObject, types: Registry): void {
  const { "@type": url, value } = json;
  const desc = typeof url === "string" ? types.getMessage(messageNamed(url)) : undefined;
  if (desc !== undefined) {
    const hasOwn = desc.typeName.startsWith("google.protobuf.") && value !== undefined;
    checkFields(desc, hasOwn ? value : json, types);
  }
}

function checkField(field: DescField, json: JsonValue, types: Registry): void {
  const each = isObject(json) && field.fieldKind === "map" ? Object.values(json) : [json].flat();
  for (const value of each) {
    if (field.message === undefined) {
      checkScalar(field.scalar, value);
    } else {
      checkFields(field.message, value, types);
    }
  }
}

function checkScalar(scalar: ScalarType | undefined, json: JsonValue): void {
  if (typeof json === "number") {
    const isExact = !OF_64_BITS.includes(scalar) || Number.isSafeInteger(json);
    if (!Number.isFinite(json) || !isExact) {
      throw new Error("a number is too large, and must be text where the field has 64 bits");
    }
  } else if (typeof json === "string") {
    const isInteger = scalar !== undefined && !NO_INTEGERS.includes(scalar);
    if (isInteger && !/^-?(?:0|[1-9]\d*)$/.test(json)) {
      throw new Error("an integer is not written in decimal digits");
    }
  } else if (isObject(json) || Array.isArray(json)) {
    for (const each of Object.values(json)) {
      checkScalar(undefined, each);
    }
  }
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
