import {
  type CloudEvent,
  CloudEventSchema,
} from "@ameideio/core-proto/ameide/events/v1/cloud_event_pb";
import { create, type JsonObject, type JsonValue, type Registry } from "@bufbuild/protobuf";
import { required, trimmed } from "./attributes.js";
import { parseBoundedJson } from "./bounded_json.js";
import { SPEC_VERSION } from "./cloud_event.js";
import { EventError } from "./event_error.js";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { decodeJson, type ReadOptions } from "./proto_json.js";
import { timestampFromText } from "./rfc3339.js";
import { checkTyped, dataOf } from "./structured_data.js";
import { checkText, shownName } from "./well_formed.js";

/** Members of the JSON format that are fields of the message, or its data. */
const FIELDS = [
  "data",
  "data_base64",
  "datacontenttype",
  "id",
  "source",
  "specversion",
  "subject",
  "tenantid",
  "time",
  "type",
];

/**
 * Reads an event as any system may have written it: in the JSON format of CloudEvents 1.0
 * (`application/cloudevents+json`), or as ProtoJSON of ours.
 *
 * Of the JSON format, extensions are kept as texts, `tenantid` becomes the tenant. `data` becomes the
 * message that `dataschema` or its `@type` names, if that is known; else a `google.protobuf.Value`, a
 * `StringValue` if its content type is not JSON, a `BytesValue` of `data_base64`. Bytes of protobuf
 * that `dataschema` names are decoded where they are unpacked.
 *
 * @throws EventError `nil`; `too_large` over 1 048 576 bytes, or 32 levels; `unsupported` version;
 *   `missing` if version, id, source or type is not there; `mismatch` if the data is not what
 *   `dataschema` names; `invalid`.
 */
export function readCloudEvent(text: string | Uint8Array, options: ReadOptions = {}): CloudEvent {
  const { registry } = options;
  const json = parseBoundedJson("event", text, options);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new EventError("invalid", "event", "must be a JSON object");
  }
  const isProtoJson =
    !Object.hasOwn(json, "specversion") &&
    (Object.hasOwn(json, "spec_version") || Object.hasOwn(json, "specVersion"));
  return isProtoJson ? fromOurs(json, registry) : fromStructured(json, registry);
}

function fromOurs(json: JsonObject, registry: Registry | undefined): CloudEvent {
  checkTyped(json["data"]);
  const event = decodeJson("event", CloudEventSchema, json, {
    registry,
    ignoreUnknownFields: true,
  });
  checkVersion(event.specVersion);
  event.specVersion = SPEC_VERSION;
  for (const field of ["id", "source", "type"] as const) {
    event[field] = required(field, event[field]);
  }
  return event;
}

function fromStructured(json: JsonObject, registry: Registry | undefined): CloudEvent {
  checkVersion(json["specversion"]);
  return create(CloudEventSchema, {
    specVersion: SPEC_VERSION,
    id: required("id", json["id"]),
    source: required("source", json["source"]),
    type: required("type", json["type"]),
    subject: trimmed("subject", json["subject"]),
    time: timeOf(json),
    dataContentType: contentTypeOf(json),
    tenantId: trimmed("tenantid", json["tenantid"]),
    data: dataOf(json, registry),
    extensions: extensionsOf(json),
  });
}

function timeOf(json: JsonObject): Timestamp | undefined {
  const time = trimmed("time", json["time"]);
  return time === "" ? undefined : timestampFromText("time", time);
}

// What the JSON format implies is said, as another format would not (section 3.1.2).
function contentTypeOf(json: JsonObject): string {
  const stated = trimmed("datacontenttype", json["datacontenttype"]);
  return stated === "" && Object.hasOwn(json, "data") ? "application/json" : stated;
}

function checkVersion(stated: unknown): void {
  const version = required("spec_version", stated);
  if (version !== SPEC_VERSION) {
    throw new EventError("unsupported", "spec_version", `must be ${SPEC_VERSION}`);
  }
}

function extensionsOf(json: JsonObject): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const name of Object.keys(json).sort()) {
    const value = json[name];
    if (FIELDS.includes(name) || value === null || value === undefined) {
      continue;
    }
    if (!/^[a-z0-9]+$/.test(name)) {
      throw new EventError(
        "invalid",
        shownName(name),
        "has a name that is not of a-z and 0-9 alone",
      );
    }
    extensions[name] = extensionOf(shownName(name), value);
  }
  return extensions;
}

/** Writes a value in the canonical form of its type, which CloudEvents has for Boolean and Integer. */
function extensionOf(name: string, value: JsonValue): string {
  if (typeof value === "string") {
    checkText(name, value);
    return value;
  }
  if (typeof value === "boolean" || isInt32(value)) {
    return String(value);
  }
  throw new EventError("invalid", name, "must be text, a boolean or an integer");
}

function isInt32(value: JsonValue): value is number {
  return Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31;
}
