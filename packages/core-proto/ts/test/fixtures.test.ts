import { fixtures } from "@ameideio/core-proto/fixtures";
import { RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { expect, test } from "vitest";
import { ourFiles, schemaOf, stubs } from "./stubs.js";

const registry = await stubs();

test("there are the fixtures of every package of ours", () => {
  const packages = new Set(fixtures.map(({ name }) => name.replace(/\/[^/]*$/, "")));
  expect([...packages]).toEqual(
    [...new Set(ourFiles().map((file) => file.proto.package.replaceAll(".", "/")))].toSorted(),
  );
});

test.each(fixtures)("$name is a canonical $type", ({ type, json }) => {
  const schema = schemaOf(registry, type);
  const message = fromJson(schema, json, { registry });
  expect(toJson(schema, message, { registry, useProtoFieldName: true })).toEqual(json);
  expect(fromBinary(schema, toBinary(schema, message))).toEqual(message);
});

test.each(fixtures)("$name with a field that is not in the proto is refused", ({ type, json }) => {
  const widened = { ...(json as object), no_such_field: 1 };
  expect(() => fromJson(schemaOf(registry, type), widened, { registry })).toThrow("no_such_field");
});

test.each(fixtures)("$name keeps the rules of its proto", ({ type, json }) => {
  const schema = schemaOf(registry, type);
  const result = createValidator({ registry }).validate(
    schema,
    fromJson(schema, json, { registry }),
  );
  expect(result).toMatchObject({ kind: "valid" });
});

test("a message that breaks a rule of its proto is found out", () => {
  const request = create(RecordUsageRequestSchema, { inputTokens: -1n, eventType: "completion" });
  const result = createValidator().validate(RecordUsageRequestSchema, request);
  expect(result.violations?.map(({ ruleId }) => ruleId)).toEqual(["string.min_len", "int64.gte"]);
});
