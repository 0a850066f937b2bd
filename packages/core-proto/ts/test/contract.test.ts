import { IntrospectResponseSchema } from "@ameideio/core-proto/ameide/identity/v1";
import { MeterService, RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
import {
  MessageSchema,
  RouteDecisionSchema,
  Router,
  RouteRequestSchema,
} from "@ameideio/core-proto/beamline/flow/v1";
import { idempotency_key } from "@ameideio/core-proto/ameide/policy/v1";
import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";

test("IntrospectResponse has exactly its fifteen fields", () => {
  expect(fieldsOf(IntrospectResponseSchema)).toEqual([
    "1 active: bool",
    "2 subject: string",
    "3 token_type: ameide.identity.v1.TokenType",
    "4 service: string",
    "5 organization_id: string",
    "6 scopes: repeated string",
    "7 agent_type: string",
    "8 capabilities: repeated string",
    "9 run_id: string",
    "10 surface: string",
    "11 user_subject: string",
    "12 email: string",
    "13 name: string",
    "14 expires_at: google.protobuf.Timestamp",
    "15 issued_at: google.protobuf.Timestamp",
  ]);
});

test("RecordUsageRequest has exactly its fields", () => {
  expect(fieldsOf(RecordUsageRequestSchema)).toEqual([
    "1 team_id: string",
    "2 agent_id: string",
    "3 surface: string",
    "4 event_type: string",
    "5 model: string",
    "6 provider: string",
    "7 input_tokens: int64",
    "8 output_tokens: int64",
    "9 total_cost_usd: double",
    "10 request_id: string",
    "11 cache_read_tokens: int64",
    "12 cache_write_tokens: int64",
    "13 metadata: map of string",
    "14 data: google.protobuf.Struct",
  ]);
});

test("RecordUsage promises nothing but for its idempotency key", () => {
  const { recordUsage } = MeterService.method;
  expect(recordUsage.idempotency).toBe(MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN);
  expect(getOption(recordUsage, idempotency_key)).toBe(true);
});

test("Router is called as BeamLine's programs call it", () => {
  expect(Router.typeName).toBe("beamline.flow.v1.Router");
  expect(
    Router.methods.map(
      ({ name, methodKind, input, output }) =>
        `${methodKind} ${name}(${input.typeName}) returns (${output.typeName})`,
    ),
  ).toEqual([
    "unary Decide(beamline.flow.v1.RouteRequest) returns (beamline.flow.v1.RouteDecision)",
  ]);
});

test.each([
  [
    MessageSchema,
    [
      "1 message_id: string",
      "2 tenant_id: string",
      "3 trace_id: string",
      "4 message_type: string",
      "5 payload: bytes",
      "6 metadata: map of string",
      "7 timestamp_ms: int64",
      "8 run_id: optional string",
      "9 flow_id: optional string",
      "10 step_id: optional string",
      "11 idempotency_key: optional string",
      "12 span_id: optional string",
    ],
  ],
  [
    RouteRequestSchema,
    [
      "1 message: beamline.flow.v1.Message",
      "2 policy_id: string",
      "3 context: map of string",
      "4 idempotency_key: optional string",
    ],
  ],
  [
    RouteDecisionSchema,
    [
      "1 provider_id: string",
      "2 reason: string",
      "3 priority: int32",
      "4 expected_latency_ms: int64",
      "5 expected_cost: double",
      "6 metadata: map of string",
    ],
  ],
])("$typeName has exactly its fields", (message, fields) => {
  expect(fieldsOf(message)).toEqual(fields);
});

function fieldsOf(message: DescMessage): string[] {
  return message.fields.map((field) => `${field.number} ${field.name}: ${typeOf(field)}`);
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar": {
      const optional = field.proto.proto3Optional ? "optional " : "";
      return optional + ScalarType[field.scalar].toLowerCase();
    }
    case "enum":
      return field.enum.typeName;
    case "message":
      return field.message.typeName;
    case "list":
      return `repeated ${itemOf(field)}`;
    case "map":
      return `map of ${itemOf(field)}`;
  }
}

function itemOf(field: DescField & { fieldKind: "list" | "map" }): string {
  if (field.enum !== undefined) {
    return field.enum.typeName;
  }
  if (field.message !== undefined) {
    return field.message.typeName;
  }
  return field.scalar === undefined ? "?" : ScalarType[field.scalar].toLowerCase();
}
