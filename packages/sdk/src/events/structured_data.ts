import { create, type JsonObject, type JsonValue, type Registry } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import {
  type Any,
  anyPack,
  AnySchema,
  BytesValueSchema,
  StringValueSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { trimmed } from "./attributes.js";
import { MAX_DATA_DEPTH } from "./bounded_json.js";
import { messageNamed } from "./data_schema.js";
import { EventError } from "./event_error.js";
import { decodeJson, typesWith } from "./proto_json.js";
import { checkText, checkTexts } from "./well_formed.js";

/**
 * Returns the data of an event in the JSON format (section 3.1.2 of the format): undefined if there is
 * none.
 */
export function dataOf(json: JsonObject, registry: Registry | undefined): Any | undefined {
  const hasBytes = (json["data_base64"] ?? null) !== null;
  if (hasBytes && Object.hasOwn(json, "data")) {
    throw new EventError("invalid", "data", "must not be beside data_base64");
  }
  const type = mediaTypeOf(trimmed("datacontenttype", json["datacontenttype"]));
  const named = messageNamed(trimmed("dataschema", json["dataschema"]));
  if (hasBytes) {
    return fromBytes(bytesOf(json["data_base64"]), type, named);
  }
  const { data } = json;
  if (data === undefined) {
    return undefined;
  }
  if (isJson(type)) {
    return fromJsonData(data, named, registry);
  }
  if (typeof data !== "string") {
    throw new EventError("invalid", "data", "must be text, as its content type is not JSON");
  }
  checkText("data", data);
  return anyPack(StringValueSchema, create(StringValueSchema, { value: data }));
}

/**
 * Checks that data in ProtoJSON says what it is. Some decoders take it for empty otherwise.
 *
 * @throws EventError `invalid`.
 */
export function checkTyped(data: JsonValue | undefined): void {
  if (data === undefined || data === null) {
    return;
  }
  if (typeof (Object(data) as JsonObject)["@type"] !== "string") {
    throw new EventError("invalid", "data", "must have an @type");
  }
}

function fromBytes(value: Uint8Array, type: string, named: string): Any {
  const isProtobuf = /^application\/(?:x-|vnd\.google\.)?protobuf$/.test(type);
  return isProtobuf && /^[a-z_]\w*(?:\.[a-z_]\w*)*$/i.test(named)
    ? create(AnySchema, { typeUrl: `type.googleapis.com/${named}`, value })
    : anyPack(BytesValueSchema, create(BytesValueSchema, { value }));
}

function fromJsonData(data: JsonValue, named: string, registry: Registry | undefined): Any {
  checkData(data, 1);
  checkTexts("data", data);
  const types = typesWith(registry);
  const { "@type": url } = (Object(data) as JsonObject) ?? {};
  const schema = data === null ? undefined : types.getMessage(named);
  // "@type" means something else in JSON-LD.
  if (typeof url === "string" && types.getMessage(messageNamed(url)) !== undefined) {
    if (schema !== undefined && messageNamed(url) !== named) {
      throw new EventError(
        "mismatch",
        "data",
        `has an @type other than ${named}, which dataschema names`,
      );
    }
    return decodeJson("data", AnySchema, data, { registry, ignoreUnknownFields: true });
  }
  if (schema === undefined) {
    return anyPack(ValueSchema, decodeJson("data", ValueSchema, data));
  }
  try {
    return anyPack(
      schema,
      decodeJson("data", schema, data, { registry, ignoreUnknownFields: true }),
    );
  } catch (cause) {
    throw new EventError("mismatch", "data", `is no ${named}, which dataschema names`, { cause });
  }
}

function checkData(value: JsonValue, depth: number): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    // What is beyond double precision is parsed as infinite, which is no JSON.
    throw new EventError("invalid", "data", "has a number that is too large");
  }
  if (typeof value !== "object" || value === null) {
    return;
  }
  if (depth > MAX_DATA_DEPTH) {
    throw new EventError("too_large", "data", `is nested more than ${MAX_DATA_DEPTH} deep`);
  }
  for (const each of Object.values(value)) {
    checkData(each, depth + 1);
  }
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
function mediaTypeOf(stated: string): string {
  return trimmed("datacontenttype", stated.split(";", 1)[0]).toLowerCase();
}

function isJson(type: string): boolean {
  return type === "" || type.endsWith("/json") || type.endsWith("+json");
}

function bytesOf(value: JsonValue | undefined): Uint8Array {
  const text = trimmed("data_base64", value);
  const digits = text.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) {
    throw new EventError("invalid", "data_base64", "is not base64 (RFC 4648, section 4)");
  }
  return base64Decode(digits);
}
