import {
  type CloudEvent,
  CloudEventSchema,
} from "@ameideio/core-proto/ameide/events/v1/cloud_event_pb";
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyPack, type Timestamp } from "@bufbuild/protobuf/wkt";
import { checkExtensions, required, trimmed } from "./attributes.js";
import { dataSchemaOf } from "./data_schema.js";
import { EventError, given } from "./event_error.js";
import { type EventSourceOptions, idOf, nowOf, timestampOf } from "./event_source.js";
import { checkTexts } from "./well_formed.js";

/** Version of the specification that events are made by. */
export const SPEC_VERSION = "1.0";

/** Attributes of an event that is made. White space around texts is cut off. */
export interface CloudEventAttributes {
  /** Where it happened, a URI reference. */
  readonly source: string;
  /** What happened: `pipeline.changes.activity.create`. */
  readonly type: string;
  /** Id, which is unique with the source. Default: a new one. */
  readonly id?: string | undefined;
  /** What it happened to, within the source. Default: empty. */
  readonly subject?: string | undefined;
  /** When it happened. Default: now. */
  readonly time?: Date | Timestamp | undefined;
  /** Media type of the data where the event is sent as JSON or text. Default: empty, for protobuf. */
  readonly dataContentType?: string | undefined;
  /** Tenant of the event. Default: the data's own `tenant_id`; without one it must be stated. */
  readonly tenantId?: string | undefined;
  /**
   * Buf module of the data, for `dataschema`: `buf.build/acme/orders`. Default: that of the Ameide
   * APIs for their messages.
   */
  readonly module?: string | undefined;
  /** Attributes beyond the specification's. A `dataschema` here replaces the one that is made. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes an event (CloudEvents 1.0) that carries a message. Its extension `dataschema` names the
 * message and its module.
 *
 * @throws EventError `nil` without data; `missing` if id, source, type or tenant is empty; `mismatch`
 *   if the data is no message of the schema, or its `tenant_id` is another one; `invalid`.
 */
export function createCloudEvent<Desc extends DescMessage>(
  schema: Desc,
  data: MessageShape<Desc>,
  attributes: CloudEventAttributes,
  options: EventSourceOptions = {},
): CloudEvent {
  given("data", data);
  given("attributes", attributes);
  if (data.$typeName !== schema.typeName) {
    throw new EventError("mismatch", "data", `must be a ${schema.typeName}`);
  }
  const { id, time, extensions = {} } = attributes;
  const source = required("source", attributes.source);
  const type = required("type", attributes.type);
  const own = trimmed("tenant_id", attributes.tenantId);
  const tenantId = required("tenant_id", own === "" ? tenantIn(schema, data) : own);
  checkTenant(schema, data, tenantId);
  const dataschema = dataSchemaOf(schema, trimmed("module", attributes.module));
  return create(CloudEventSchema, {
    specVersion: SPEC_VERSION,
    id: required("id", id === undefined ? idOf(options) : id),
    type,
    source,
    subject: trimmed("subject", attributes.subject),
    time: time === undefined ? nowOf(options) : timestampOf("time", time),
    dataContentType: trimmed("data_content_type", attributes.dataContentType),
    tenantId,
    data: packed(schema, data),
    extensions: { dataschema, ...checkExtensions(extensions) },
  });
}

/**
 * Checks that data which names a tenant names that of its event.
 *
 * @throws EventError `mismatch`.
 */
export function checkTenant<Desc extends DescMessage>(
  schema: Desc,
  data: MessageShape<Desc>,
  tenantId: string,
): void {
  const inside = tenantIn(schema, data);
  if (inside !== "" && inside !== tenantId) {
    throw new EventError("mismatch", "tenant_id", "is another one in the data");
  }
}

function tenantIn<Desc extends DescMessage>(schema: Desc, data: MessageShape<Desc>): string {
  const field = schema.fields.find(({ name }) => name === "tenant_id");
  const value = field && (data as Readonly<Record<string, unknown>>)[field.localName];
  return typeof value === "string" ? trimmed("tenant_id", value) : "";
}

function packed<Desc extends DescMessage>(schema: Desc, data: MessageShape<Desc>): Any {
  let any: Any;
  try {
    any = anyPack(schema, data);
  } catch (cause) {
    throw new EventError("invalid", "data", `is no ${schema.typeName}`, { cause });
  }
  checkTexts("data", data);
  return any;
}
