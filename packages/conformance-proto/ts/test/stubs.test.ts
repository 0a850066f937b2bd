import {
  AdapterRequestSchema,
  Break,
  CaseFileSchema,
  ConformanceRequestWithIdSchema,
  ConformanceService,
} from "@ameideio/conformance-proto";
import { AuthMode, auth, idempotency_key } from "@ameideio/conformance-proto/ameide/policy/v1";
import { field_info, FieldInfo_Format } from "@ameideio/conformance-proto/google/api";
import { RetryInfoSchema } from "@ameideio/conformance-proto/google/rpc";
import { fromJson, getOption, toJson } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";

const RUN = {
  id: "7",
  run: {
    given: { random: [0.5], steps: [{ call: { method: "Idempotent", parallel: 2 } }] },
    script: {
      answers: [
        { error: { code: "unavailable", retry_info_ms: "0" } },
        { break: "BREAK_RESET_AFTER_READ", delay_ms: "20" },
      ],
      otherwise: { ok: "done" },
    },
    constants: { "budget.cost": 15 },
  },
};

test("a request is decoded, and encoded as it was", () => {
  const request = fromJson(AdapterRequestSchema, RUN);
  const [, broken] =
    request.action.case === "run" ? (request.action.value.script?.answers ?? []) : [];
  expect(broken?.action).toEqual({ case: "break", value: Break.RESET_AFTER_READ });
  expect(toJson(AdapterRequestSchema, request, { useProtoFieldName: true })).toEqual(RUN);
});

test("an unknown field is refused", () => {
  const misspelt = { cases: [{ name: "r01", servers: {} }] };
  expect(() => fromJson(CaseFileSchema, misspelt)).toThrow('key "servers" is unknown');
});

test("methods of every kind are there at every idempotency level they can have", () => {
  const kinds = new Set(
    ConformanceService.methods.map(
      ({ methodKind, idempotency }) => `${methodKind} ${Level[idempotency]}`,
    ),
  );
  expect([...kinds].sort()).toEqual([
    "bidi_streaming IDEMPOTENCY_UNKNOWN",
    "bidi_streaming IDEMPOTENT",
    "client_streaming IDEMPOTENCY_UNKNOWN",
    "client_streaming IDEMPOTENT",
    "server_streaming IDEMPOTENCY_UNKNOWN",
    "server_streaming IDEMPOTENT",
    "server_streaming NO_SIDE_EFFECTS",
    "unary IDEMPOTENCY_UNKNOWN",
    "unary IDEMPOTENT",
    "unary NO_SIDE_EFFECTS",
  ]);
});

test("what the schema imports comes along", () => {
  const { unknownWithKey, withoutAuth } = ConformanceService.method;
  expect(getOption(unknownWithKey, idempotency_key)).toBe(true);
  expect(getOption(withoutAuth, auth)).toBe(AuthMode.NONE);
  const { requestId } = ConformanceRequestWithIdSchema.field;
  expect(getOption(requestId, field_info).format).toBe(FieldInfo_Format.UUID4);
  expect(RetryInfoSchema.typeName).toBe("google.rpc.RetryInfo");
});
