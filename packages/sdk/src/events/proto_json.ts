import { ChangeSchema } from "@ameideio/core-proto/ameide/events/v1/change_pb";
import { CloudEventSchema } from "@ameideio/core-proto/ameide/events/v1/cloud_event_pb";
import { TapEventDataSchema } from "@ameideio/core-proto/ameide/tap/v1/tap_event_data_pb";
import {
  createRegistry,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import {
  BytesValueSchema,
  ListValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { type BoundedOptions, parseBoundedJson } from "./bounded_json.js";
import { EventError, given } from "./event_error.js";
import { checkFields } from "./json_fields.js";
import { checkTexts } from "./well_formed.js";

/** Where messages inside of a `google.protobuf.Any` are looked up. */
export interface RegistryOptions {
  /**
   * Messages of yours. Change, TapEventData, and what JSON, text and bytes are kept in, are always
   * known.
   */
  readonly registry?: Registry | undefined;
}

/** Options of what reads a text. */
export interface ReadOptions extends BoundedOptions, RegistryOptions {}

/**
 * Encodes a message as ProtoJSON, with the field names of the proto (`tenant_id`).
 *
 * @throws EventError `nil`, or `invalid` where a message in it is not known, or has no JSON.
 */
export function toProtoJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  options: RegistryOptions = {},
): string {
  given("message", message);
  let json: JsonValue;
  try {
    const registry = typesWith(options.registry);
    json = toJson(schema, message, { registry, useProtoFieldName: true });
  } catch (cause) {
    throw new EventError("invalid", "message", `cannot be JSON: ${textOf(cause)}`, { cause });
  }
  checkTexts("message", json);
  return JSON.stringify(json);
}

/**
 * Decodes ProtoJSON strictly: a field that is not in the proto is refused, and one that is there
 * twice. Names may be those of the proto, or lowerCamelCase.
 *
 * @throws EventError `nil`, `too_large`, or `invalid`.
 */
export function fromProtoJson<Desc extends DescMessage>(
  schema: Desc,
  text: string | Uint8Array,
  options: ReadOptions = {},
): MessageShape<Desc> {
  const { registry } = options;
  return decodeJson("text", schema, parseBoundedJson("text", text, options), { registry });
}

/**
 * Decodes parsed ProtoJSON.
 *
 * @param field - What it is, for errors.
 * @throws EventError `invalid`.
 */
export function decodeJson<Desc extends DescMessage>(
  field: string,
  schema: Desc,
  json: JsonValue,
  options: {
    readonly registry?: Registry | undefined;
    readonly ignoreUnknownFields?: boolean;
  } = {},
): MessageShape<Desc> {
  checkTexts(field, json);
  try {
    const { ignoreUnknownFields = false } = options;
    const registry = typesWith(options.registry);
    checkFields(schema, json, registry);
    return fromJson(schema, json, { registry, ignoreUnknownFields });
  } catch (cause) {
    const rule = `is no ${schema.typeName}: ${textOf(cause)}`;
    throw new EventError("invalid", field, rule, { cause });
  }
}

let known: Registry | undefined;

/** Returns a registry of what events always may carry, and of more. */
export function typesWith(registry?: Registry): Registry {
  known ??= createRegistry(
    ChangeSchema,
    CloudEventSchema,
    TapEventDataSchema,
    BytesValueSchema,
    ListValueSchema,
    StringValueSchema,
    StructSchema,
    TimestampSchema,
    ValueSchema,
  );
  return registry === undefined ? known : createRegistry(known, registry);
}

// Messages of what a text holds may be as long as it.
function textOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const shown = text.length > 256 ? `${text.slice(0, 256)}…` : text;
  return text.endsWith("is not in the type registry")
    ? `${shown}; give its schema in the option registry`
    : shown;
}
