import { readFileSync } from "node:fs";
import { fixtures } from "@ameideio/core-proto/fixtures";
import { ChangeSchema } from "@ameideio/core-proto/ameide/events/v1";
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { schemaOf, stubs } from "./stubs.js";

interface Encoding {
  name: string;
  binary: string;
  canonical: boolean;
}

// Field 100000 as a varint, 7.
const UNKNOWN = Uint8Array.of(0x80, 0xea, 0x30, 0x07);

const registry = await stubs();
const file = new URL("../../encodings/encodings.json", import.meta.url);
const encodings = new Map(
  (JSON.parse(readFileSync(file, "utf8")) as Encoding[]).map(({ name, binary, canonical }) => [
    name,
    { binary: new Uint8Array(Buffer.from(binary, "base64")), canonical },
  ]),
);

function encodingOf(name: string) {
  return encodings.get(name) ?? { binary: new Uint8Array(), canonical: false };
}

test.each(fixtures)("$name is encoded alike in every language", ({ name, type, json }) => {
  const schema = schemaOf(registry, type);
  const { binary, canonical } = encodingOf(name);
  const told = fromBinary(schema, binary);
  expect(toJson(schema, told, { registry, useProtoFieldName: true })).toEqual(json);
  const encoded = Buffer.from(toBinary(schema, fromJson(schema, json, { registry })));
  expect(!canonical || encoded.equals(binary)).toBe(true);
});

test("most fixtures have a canonical encoding", () => {
  expect([...encodings.keys()]).toEqual(fixtures.map(({ name }) => name));
  const canonical = [...encodings.values()].filter((each) => each.canonical);
  expect(canonical.length).toBeGreaterThanOrEqual(50);
});

test("a map of several entries has no canonical encoding, even inside of an Any", () => {
  const { canonical } = encodingOf("ameide/events/v1/cloud_event.pipeline.changes.activity.create");
  expect(canonical).toBe(false);
});

test.each(fixtures)("an unknown field of $name survives", ({ name, type }) => {
  const schema = schemaOf(registry, type);
  const message = fromBinary(schema, Buffer.concat([encodingOf(name).binary, UNKNOWN]));
  expect(toBinary(schema, message).slice(-UNKNOWN.length)).toEqual(UNKNOWN);
});

test("an unknown number of an enum survives", () => {
  const change = fromJson(ChangeSchema, { operation: 99 });
  const read = fromBinary(ChangeSchema, toBinary(ChangeSchema, change));
  expect(toJson(ChangeSchema, read)).toEqual({ operation: 99 });
});
