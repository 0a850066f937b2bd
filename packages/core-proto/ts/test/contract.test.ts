import { IntrospectResponseSchema } from "@ameideio/core-proto/ameide/identity/v1";
import { MeterService, RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
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

function fieldsOf(message: DescMessage): string[] {
  return message.fields.map((field) => `${field.number} ${field.name}: ${typeOf(field)}`);
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
      return ScalarType[field.scalar].toLowerCase();
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
