import {
  ActorType,
  type Change,
  ChangeOperation,
  ChangeSchema,
} from "@ameideio/core-proto/ameide/events/v1/change_pb";
import { create, type JsonObject } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { required, trimmed } from "./attributes.js";
import { MAX_DATA_DEPTH } from "./bounded_json.js";
import { EventError, given } from "./event_error.js";
import { type EventSourceOptions, nowOf, timestampOf } from "./event_source.js";
import { checkTexts } from "./well_formed.js";

/** Fields of a change that is made. White space around texts is cut off. */
export interface ChangeFields {
  /** Position among the changes of the organization, from 1. */
  readonly seq: bigint | number;
  /** Organization of the aggregate. */
  readonly organizationId: string;
  /** Kind of aggregate: `activity`. */
  readonly aggregateType: string;
  /** Id of the aggregate. */
  readonly aggregateId: string;
  /** What was done to it. */
  readonly operation: ChangeOperation;
  /** Kind of actor. */
  readonly actorType: ActorType;
  /** Who did it. Default: empty, for the system. */
  readonly actorId?: string | undefined;
  /** Version of the aggregate after the change, from 1. */
  readonly aggregateVersion: bigint | number;
  /** When it was recorded. Default: now. */
  readonly recordedAt?: Date | Timestamp | undefined;
}

/**
 * Makes a change of one aggregate.
 *
 * @param payload - JSON object, at most 30 deep: the aggregate after a creation, what is new after an
 *   update. A deletion needs none.
 * @throws EventError `nil` without a payload, unless it is a deletion; `missing` if a field is empty;
 *   `invalid` if the payload is no JSON object, or a number is below 1; `too_large`.
 */
export function createChange(
  fields: ChangeFields,
  payload?: unknown,
  options: Pick<EventSourceOptions, "clock"> = {},
): Change {
  given("change", fields);
  const { operation, recordedAt } = fields;
  const change = create(ChangeSchema, {
    seq: counted("seq", fields.seq),
    organizationId: required("organization_id", fields.organizationId),
    aggregateType: required("aggregate_type", fields.aggregateType),
    aggregateId: required("aggregate_id", fields.aggregateId),
    operation: stated("operation", operation, ChangeOperation),
    actorType: stated("actor_type", fields.actorType, ActorType),
    actorId: trimmed("actor_id", fields.actorId),
    aggregateVersion: counted("aggregate_version", fields.aggregateVersion),
    recordedAt: recordedAt === undefined ? nowOf(options) : timestampOf("recorded_at", recordedAt),
  });
  const hasPayload = payload !== undefined && payload !== null;
  if (hasPayload || operation !== ChangeOperation.DELETE) {
    change.payload = objectOf("payload", given("payload", payload));
  }
  return change;
}

function counted(field: string, value: unknown): bigint {
  if (value === undefined || value === null || value === 0 || value === 0n) {
    throw new EventError("missing", field, "must be from 1");
  }
  if (typeof value === "bigint" ? value < 0n || value >= 2n ** 63n : !isCount(value)) {
    throw new EventError("invalid", field, "must be an integer from 1");
  }
  return BigInt(value as bigint | number);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function stated<T extends number>(field: string, value: T | undefined, type: object): T {
  if (value === undefined || value === 0) {
    throw new EventError("missing", field, "must be stated");
  }
  // The values of an enum are its names, too.
  if (typeof value !== "number" || !Object.values(type).includes(value)) {
    throw new EventError("invalid", field, "is no value of its enum");
  }
  return value;
}

/** Returns a copy of a JSON object. */
function objectOf(field: string, value: unknown): JsonObject {
  if (!isObject(value)) {
    throw new EventError("invalid", field, "must be a JSON object");
  }
  checkJson(field, value, 1);
  checkTexts(field, value);
  return structuredClone(value) as JsonObject;
}

function checkJson(field: string, value: unknown, depth: number): void {
  if (isScalar(value)) {
    return;
  }
  if (!Array.isArray(value) && !isObject(value)) {
    throw new EventError("invalid", field, `holds a ${typeof value} that is no JSON`);
  }
  if (depth > MAX_DATA_DEPTH) {
    throw new EventError("too_large", field, `is nested more than ${MAX_DATA_DEPTH} deep`);
  }
  for (const each of Object.values(value)) {
    checkJson(field, each, depth + 1);
  }
}

function isObject(value: unknown): value is object {
  const prototype: unknown =
    typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  return prototype === null || prototype === Object.prototype;
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}
