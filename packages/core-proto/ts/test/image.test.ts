import { imageUrl, readImage } from "@ameideio/core-proto/image";
import { getOption } from "@bufbuild/protobuf";
import { field_info, FieldInfo_Format } from "@ameideio/core-proto/google/api";
import { CreateApiKeyRequestSchema } from "@ameideio/core-proto/ameide/identity/v1";
import { RetryInfoSchema } from "@ameideio/core-proto/google/rpc";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { imageFiles, stubs } from "./stubs.js";

test("the image is the file it says it is", () => {
  expect(Buffer.from(readImage()).equals(readFileSync(imageUrl))).toBe(true);
});

test("the image has the imports too, and comments", () => {
  const names = imageFiles().map(({ proto }) => proto.name);
  expect(names).toContain("google/protobuf/descriptor.proto");
  expect(names).toContain("google/rpc/error_details.proto");
  const meter = imageFiles().find(({ proto }) => proto.name === "ameide/meter/v1/meter.proto");
  expect(meter?.proto.sourceCodeInfo?.location.length).toBeGreaterThan(0);
});

test("the stubs have every file of the image but Google's well-known types", async () => {
  const registry = await stubs();
  const missing = imageFiles()
    .filter(({ proto }) => proto.package !== "google.protobuf")
    .flatMap((file) => [...file.messages, ...file.enums, ...file.services, ...file.extensions])
    .filter(({ typeName }) => registry.get(typeName) === undefined);
  expect(missing.map(({ typeName }) => typeName)).toEqual([]);
});

test("vendored types are there by their package's path", () => {
  expect(RetryInfoSchema.typeName).toBe("google.rpc.RetryInfo");
});

test("CreateApiKeyRequest.request_id is a UUID the client assigns (AIP-155)", () => {
  const { requestId } = CreateApiKeyRequestSchema.field;
  expect(getOption(requestId, field_info).format).toBe(FieldInfo_Format.UUID4);
});
