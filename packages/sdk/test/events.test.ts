import {
  ActorType,
  type Change,
  ChangeOperation,
  ChangeSchema,
  type CloudEvent,
  CloudEventSchema,
} from "@ameideio/core-proto/ameide/events/v1";
import { WatchCatalogResponseSchema } from "@ameideio/core-proto/ameide/agents/v1";
import { RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
import { TapEventDataSchema } from "@ameideio/core-proto/ameide/tap/v1";
import {
  create,
  createRegistry,
  type DescMessage,
  equals,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import {
  anyPack,
  AnySchema,
  anyUnpack,
  BytesValueSchema,
  StringValueSchema,
  TimestampSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import {
  createChange,
  createCloudEvent,
  fromProtoJson,
  readCloudEvent,
  toProtoJson,
  unpackChange,
  unpackTapData,
} from "../src/events.js";
import { createVirtualClock } from "../src/testing.js";
import { outcome, readEventVectors } from "./harness/event_vectors.js";

const vectors = readEventVectors();
const SCHEMAS: readonly DescMessage[] = [
  BytesValueSchema,
  ChangeSchema,
  StringValueSchema,
  TapEventDataSchema,
  ValueSchema,
];
const registry = createRegistry(...SCHEMAS);
const now = new Date(vectors.now);
const clock = { wallNow: () => now.getTime() };

function jsonOf(schema: DescMessage, message: CloudEvent | Change): JsonValue {
  return toJson(schema, message, { registry, useProtoFieldName: true });
}

describe("createCloudEvent()", () => {
  it.each(vectors.create_cloud_event)("$name", (vector) => {
    const { data, attributes, event } = vector;
    const { time, tenant_id, data_content_type, ...others } = attributes;
    const packed = data === null ? undefined : fromJson(AnySchema, data, { registry });
    const schema =
      SCHEMAS.find(({ typeName }) => packed?.typeUrl.endsWith(typeName)) ?? ChangeSchema;
    const message = packed && fromBinary(schema, packed.value);
    const got = outcome(() => {
      const made = createCloudEvent(
        schema,
        message as never,
        {
          ...(others as unknown as { source: string; type: string }),
          ...(time !== undefined && { time: new Date(time) }),
          ...(tenant_id !== undefined && { tenantId: tenant_id }),
          ...(data_content_type !== undefined && { dataContentType: data_content_type }),
        },
        { clock, newId: () => vectors.id },
      );
      return jsonOf(CloudEventSchema, made);
    });
    expect(got).toEqual(vector.error ?? event);
  });

  const attributes = { source: "/s", type: "t", tenantId: "acme" };
  const data = create(ChangeSchema, { seq: 1n });

  it("makes a UUIDv7 of the clock's time", () => {
    const { id, time } = createCloudEvent(ChangeSchema, data, attributes, {
      clock: createVirtualClock({ wallStartMs: 1_700_000_000_123 }),
    });
    expect(id).toMatch(/^018bcfe5-687b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(time).toMatchObject({ seconds: 1_700_000_000n, nanos: 123_000_000 });
  });

  it("takes a Timestamp to the nanosecond", () => {
    const time = create(TimestampSchema, { seconds: 5n, nanos: 1 });
    expect(createCloudEvent(ChangeSchema, data, { ...attributes, time }).time).toEqual(time);
  });

  it.each([new Date(Number.NaN), new Date(-1e15), new Date(1e15), "2026-01-01T00:00:00Z", 5])(
    "refuses a time that is %s",
    (time) => {
      const given = { ...attributes, time: time as never };
      expect(outcome(() => createCloudEvent(ChangeSchema, data, given))).toEqual({
        code: "invalid",
        field: "time",
      });
    },
  );

  it.each([
    ["data of another schema", TapEventDataSchema, data, attributes, "mismatch", "data"],
    ["no attributes", ChangeSchema, data, undefined, "nil", "attributes"],
    [
      "a source that is a number",
      ChangeSchema,
      data,
      { ...attributes, source: 5 },
      "invalid",
      "source",
    ],
    [
      "data that cannot be encoded",
      ChangeSchema,
      { ...data, seq: "many" },
      attributes,
      "invalid",
      "data",
    ],
    [
      "data with half a surrogate",
      ChangeSchema,
      create(ChangeSchema, { payload: { list: [{ "\udc00": 1 }] } }),
      attributes,
      "invalid",
      "data",
    ],
  ])("refuses %s", (_, schema, message, given, code, field) => {
    const got = outcome(() => createCloudEvent(schema, message as never, given as never));
    expect(got).toEqual({ code, field });
  });
});

it.each([
  ["id", "id"],
  ["source", "source"],
  ["type", "type"],
  ["subject", "subject"],
  ["tenantId", "tenant_id"],
  ["module", "module"],
  ["dataContentType", "data_content_type"],
])("createCloudEvent() refuses half a surrogate: %s", (name, field) => {
  const given = { source: "/s", type: "t", tenantId: "acme", [name]: "a\ud800" };
  const got = outcome(() => createCloudEvent(ChangeSchema, create(ChangeSchema), given));
  expect(got).toEqual({ code: "invalid", field });
});

describe("createChange()", () => {
  it.each(vectors.create_change)("$name", (vector) => {
    const { payload, change } = vector;
    const { recorded_at, ...json } = vector.fields;
    const fields = fromJson(ChangeSchema, json);
    const got = outcome(() => {
      const at = recorded_at === undefined ? {} : { recordedAt: new Date(recorded_at as string) };
      const made = createChange({ ...fields, recordedAt: now, ...at }, payload);
      return jsonOf(ChangeSchema, made);
    });
    expect(got).toEqual(vector.error ?? change);
  });

  const fields = {
    seq: 1,
    organizationId: "acme",
    aggregateType: "activity",
    aggregateId: "a-1",
    operation: ChangeOperation.UPDATE,
    actorType: ActorType.SYSTEM,
    aggregateVersion: 1,
  };

  it("is recorded when the clock says", () => {
    expect(createChange(fields, {}, { clock }).recordedAt).toEqual(
      fromJson(TimestampSchema, vectors.now),
    );
  });

  it("refuses the name of an enum's value", () => {
    expect(outcome(() => createChange({ ...fields, operation: "CREATE" as never }, {}))).toEqual({
      code: "invalid",
      field: "operation",
    });
  });

  it("refuses half a surrogate", () => {
    expect(outcome(() => createChange({ ...fields, actorId: "\ud800" }, {}))).toEqual({
      code: "invalid",
      field: "actor_id",
    });
  });

  const circle: Record<string, unknown> = {};
  circle["self"] = circle;

  it.each([
    ["a Date", new Date(0), "invalid"],
    ["a Map", new Map(), "invalid"],
    ["a function", () => ({}), "invalid"],
    ["an object of a class", create(ChangeSchema), "invalid"],
    ["a member that is undefined", { a: undefined }, "invalid"],
    ["a member that is a bigint", { a: [1n] }, "invalid"],
    ["a member that is not a number", { a: Number.NaN }, "invalid"],
    ["a member that is infinite", { a: Infinity }, "invalid"],
    ["half a surrogate", { a: ["\ud83d"] }, "invalid"],
    ["a name with half a surrogate", { a: { "\ud83d": 1 } }, "invalid"],
    ["a circle", circle, "too_large"],
  ])("refuses %s", (_, payload, code) => {
    expect(outcome(() => createChange(fields, payload))).toEqual({ code, field: "payload" });
  });

  it("keeps its own copy of the payload", () => {
    const payload = { list: [1] };
    const change = createChange(fields, payload);
    payload.list.push(2);
    expect(change.payload).toEqual({ list: [1] });
  });

  it.each([1.5, 2 ** 60, 2n ** 63n])("refuses the position %s", (seq) => {
    expect(outcome(() => createChange({ ...fields, seq }, {}))).toEqual({
      code: "invalid",
      field: "seq",
    });
  });
});

describe("readCloudEvent()", () => {
  it.each(vectors.read_cloud_event)("$name", (vector) => {
    const { json, repeat, length, event } = vector;
    const text = repeat
      ? repeat[0] + repeat[1].repeat(repeat[2]) + repeat[3]
      : (vector.text ?? (json === undefined ? undefined : JSON.stringify(json)));
    const got = outcome(() => {
      const read = readCloudEvent(text as string);
      // Whatever is read can be sent, and read again.
      const sent = fromBinary(CloudEventSchema, toBinary(CloudEventSchema, read));
      expect(equals(CloudEventSchema, sent, read)).toBe(true);
      if (length !== undefined) {
        const value = read.data && anyUnpack(read.data, ValueSchema);
        return (value?.kind.value as string | undefined)?.length;
      }
      expect(readCloudEvent(toProtoJson(CloudEventSchema, read))).toEqual(read);
      return jsonOf(CloudEventSchema, read);
    });
    expect(got).toEqual(vector.error ?? length ?? event);
  });

  const bytes = (text: string) => new TextEncoder().encode(text);
  const text = '{"specversion":"1.0","id":"é","source":"/s","type":"t"}';

  it("reads bytes", () => {
    expect(readCloudEvent(bytes(text))).toEqual(readCloudEvent(text));
  });

  it.each([
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "invalid"],
    ["a byte order mark", bytes(`\ufeff${text}`), "invalid"],
    ["what is no text", 5, "invalid"],
    ["too many bytes", new Uint8Array(1_048_577), "too_large"],
  ])("refuses %s", (_, given, code) => {
    expect(outcome(() => readCloudEvent(given as never))).toEqual({ code, field: "event" });
  });

  it("reads as many bytes as it is told to", () => {
    const { length } = bytes(text);
    expect(readCloudEvent(text, { maxBytes: length }).id).toBe("é");
    expect(outcome(() => readCloudEvent(text, { maxBytes: length - 1 }))).toMatchObject({
      code: "too_large",
    });
    expect(outcome(() => readCloudEvent(text, { maxBytes: Number.NaN }))).toMatchObject({
      code: "too_large",
    });
  });

  it("decodes messages of yours", () => {
    const dataschema = "https://buf.build/acme/usage/ameide.meter.v1.RecordUsageRequest";
    const json = { ...(JSON.parse(text) as object), dataschema, data: { teamId: "search" } };
    const read = (types?: DescMessage) =>
      readCloudEvent(
        JSON.stringify(json),
        types === undefined ? {} : { registry: createRegistry(types) },
      ).data?.typeUrl;
    expect(read(RecordUsageRequestSchema)).toMatch(/RecordUsageRequest$/);
    expect(read()).toMatch(/google\.protobuf\.Value$/);
  });
});

describe("unpackChange() and unpackTapData()", () => {
  it.each(vectors.unpack)("$of: $name", (vector) => {
    const { of, event, text, type_url, value = "", message } = vector;
    const given =
      text !== undefined
        ? readCloudEvent(text)
        : type_url === undefined
          ? event && fromJson(CloudEventSchema, event, { registry })
          : create(CloudEventSchema, {
              data: { typeUrl: type_url, value: Buffer.from(value, "base64") },
            });
    const [schema, unpack] =
      of === "change"
        ? ([ChangeSchema, unpackChange] as const)
        : ([TapEventDataSchema, unpackTapData] as const);
    const got = outcome(() => {
      const data = unpack(given as CloudEvent | null);
      return toJson(schema, data as never, { useProtoFieldName: true });
    });
    expect(got).toEqual(vector.error ?? message);
  });

  it("cut what they say of a long type", () => {
    const typeUrl = `type.googleapis.com/${"x".repeat(100_000)}`;
    const event = create(CloudEventSchema, { data: { typeUrl } });
    expect(outcome(() => unpackChange(event))).toEqual({ code: "mismatch", field: "data" });
  });
});

describe("toProtoJson() and fromProtoJson()", () => {
  const event = vectors.create_cloud_event[0]?.event as JsonValue;

  it("keep the names of the proto, both ways", () => {
    const read = fromProtoJson(CloudEventSchema, JSON.stringify(event));
    expect(JSON.parse(toProtoJson(CloudEventSchema, read))).toEqual(event);
  });

  it.each([
    ["an array", "[]", "invalid", "text"],
    ["no text", undefined, "nil", "text"],
    ["a text that is too deep", "[".repeat(33), "too_large", "text"],
  ])("refuse %s", (_, text, code, field) => {
    const got = outcome(() => fromProtoJson(CloudEventSchema, text as string));
    expect(got).toEqual({ code, field });
  });

  const messages = createRegistry(ChangeSchema, CloudEventSchema, WatchCatalogResponseSchema);

  it.each(vectors.from_proto_json)("$of: $name", (vector) => {
    const schema = messages.getMessage(vector.of) as DescMessage;
    const got = outcome(() => {
      const read = fromProtoJson(schema, vector.text, { registry: messages });
      return toJson(schema, read, { useProtoFieldName: true });
    });
    expect(got).toEqual(vector.error ?? vector.message);
  });

  it("refuse a number that a double does not hold", () => {
    const text = '{"seq":9007199254740993}';
    expect(outcome(() => fromProtoJson(ChangeSchema, text))).toEqual({
      code: "invalid",
      field: "text",
    });
  });

  it("refuse half a surrogate", () => {
    const broken = create(CloudEventSchema, { extensions: { "\ud800": "" } });
    expect(outcome(() => toProtoJson(CloudEventSchema, broken))).toEqual({
      code: "invalid",
      field: "message",
    });
    expect(outcome(() => fromProtoJson(CloudEventSchema, '{"id":"\\ud800"}'))).toEqual({
      code: "invalid",
      field: "text",
    });
    expect(outcome(() => readCloudEvent('{"specversion":"1.0","id":"\ud800"}'))).toEqual({
      code: "invalid",
      field: "id",
    });
  });

  it("refuse no message, and one that is not known", () => {
    const data = anyPack(RecordUsageRequestSchema, create(RecordUsageRequestSchema));
    const unknown = create(CloudEventSchema, { data });
    for (const [message, code] of [
      [undefined, "nil"],
      [unknown, "invalid"],
    ] as const) {
      const got = outcome(() => toProtoJson(CloudEventSchema, message as never));
      expect(got).toEqual({ code, field: "message" });
    }
    expect(() => toProtoJson(CloudEventSchema, unknown)).toThrow(/option registry$/);
    const text = JSON.stringify({ data: { "@type": data.typeUrl } });
    expect(() => fromProtoJson(CloudEventSchema, text)).toThrow(/option registry$/);
    const types = createRegistry(RecordUsageRequestSchema);
    expect(toProtoJson(CloudEventSchema, unknown, { registry: types })).toContain("RecordUsage");
  });
});
