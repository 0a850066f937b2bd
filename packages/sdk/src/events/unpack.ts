import { type Change, ChangeSchema } from "@ameideio/core-proto/ameide/events/v1/change_pb";
import type { CloudEvent } from "@ameideio/core-proto/ameide/events/v1/cloud_event_pb";
import {
  type TapEventData,
  TapEventDataSchema,
} from "@ameideio/core-proto/ameide/tap/v1/tap_event_data_pb";
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { checkTenant } from "./cloud_event.js";
import { messageNamed } from "./data_schema.js";
import { EventError, given } from "./event_error.js";

/**
 * Returns the change that an event carries.
 *
 * @throws EventError `nil` without an event; `missing` without data; `mismatch` if the data is another
 *   message; `invalid` if its bytes cannot be decoded.
 */
export function unpackChange(event: CloudEvent | null | undefined): Change {
  return unpack(ChangeSchema, event);
}

/**
 * Returns what an event carries of a provider's system.
 *
 * @throws EventError as `unpackChange` does, and `mismatch` if event and data are of two tenants.
 */
export function unpackTapData(event: CloudEvent | null | undefined): TapEventData {
  const data = unpack(TapEventDataSchema, event);
  checkTenant(TapEventDataSchema, data, given("event", event).tenantId);
  return data;
}

function unpack<Desc extends DescMessage>(
  schema: Desc,
  event: CloudEvent | null | undefined,
): MessageShape<Desc> {
  const { data } = given("event", event);
  if (data === undefined || data.typeUrl === "") {
    throw new EventError("missing", "data", "is not in the event");
  }
  // Whoever sends another message may name it at any length.
  const name = messageNamed(data.typeUrl).slice(0, 256);
  if (name !== schema.typeName) {
    throw new EventError("mismatch", "data", `is a ${name}, not a ${schema.typeName}`);
  }
  try {
    return fromBinary(schema, data.value);
  } catch (cause) {
    throw new EventError("invalid", "data", `is no ${schema.typeName}`, { cause });
  }
}
