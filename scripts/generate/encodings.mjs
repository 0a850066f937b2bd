// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createFileRegistry, fromBinary, fromJsonString, toBinary } from "@bufbuild/protobuf";
import { isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { AnySchema, anyUnpack, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

import { findFixtures } from "./fixtures.mjs";

/** @typedef {import("@bufbuild/protobuf/reflect").ReflectMessage} ReflectMessage */
/** @typedef {import("@bufbuild/protobuf").Registry} Registry */

/**
 * A fixture as it is sent.
 *
 * @typedef {object} Encoding
 * @property {string} name
 * @property {string} binary Its binary encoding, as base64.
 * @property {boolean} canonical Whether every language encodes it to the same bytes: a map of
 *   several entries has no order.
 */

/**
 * Writes how every fixture is encoded, for the tests of every language.
 *
 * @param {object} options
 * @param {string} options.out
 * @param {string} options.image Path of the image.
 * @param {string} options.protoFolder
 */
export function writeEncodings({ out, image, protoFolder }) {
  const bytes = readFileSync(image);
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const encodings = findFixtures(protoFolder, bytes).map(({ name, type, text }) => {
    const schema = registry.getMessage(type);
    if (schema === undefined) {
      throw new Error(`${name}: the image has no ${type}`);
    }
    const message = fromJsonString(schema, text, { registry });
    const binary = toBinary(schema, message);
    return {
      name,
      binary: Buffer.from(binary).toString("base64"),
      canonical: isCanonical(reflect(schema, message, false), registry),
    };
  });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "encodings.json"), `${JSON.stringify(encodings, undefined, 2)}\n`);
}

/**
 * @param {ReflectMessage} message
 * @param {Registry} registry
 * @returns {boolean}
 */
function isCanonical(message, registry) {
  if (message.desc.typeName === AnySchema.typeName) {
    const any = /** @type {import("@bufbuild/protobuf/wkt").Any} */ (message.message);
    const inner = anyUnpack(any, registry);
    const desc = inner && registry.getMessage(inner.$typeName);
    return desc !== undefined && isCanonical(reflect(desc, inner, false), registry);
  }
  return message.fields
    .filter((field) => message.isSet(field))
    .every((field) => {
      const items = itemsOf(message, field);
      return (
        (field.fieldKind !== "map" || items.length < 2) &&
        items.every((item) => !isReflectMessage(item) || isCanonical(item, registry))
      );
    });
}

/**
 * @param {ReflectMessage} message
 * @param {import("@bufbuild/protobuf").DescField} field
 * @returns {unknown[]} The values of a list or a map, otherwise the one value.
 */
function itemsOf(message, field) {
  switch (field.fieldKind) {
    case "list":
      return [...message.get(field)];
    case "map":
      return [...message.get(field).values()];
    default:
      return [message.get(field)];
  }
}
