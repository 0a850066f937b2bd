// @ts-check
import { getExtension, hasExtension, toJson } from "@bufbuild/protobuf";

import { code, escapeText } from "./markdown.mjs";

/** @typedef {import("@bufbuild/protobuf").DescField} DescField */
/** @typedef {import("@bufbuild/protobuf").DescMessage} DescMessage */
/** @typedef {import("@bufbuild/protobuf").FileRegistry} Registry */

/**
 * The protovalidate rules of a field, as paths with their values: `string.min_len = 1`.
 *
 * @param {Pick<DescField, "proto">} field
 * @param {Registry} registry With buf/validate/validate.proto, where a module imports it.
 * @returns {string[]}
 */
export function rulesOf(field, registry) {
  return flat("", optionOf(field.proto.options, "buf.validate.field", registry));
}

/**
 * The protovalidate rules of a message and its oneofs, as Markdown.
 *
 * @param {DescMessage} message
 * @param {DescMessage["oneofs"]} oneofs
 * @param {Registry} registry
 * @returns {string[]}
 */
export function messageRules(message, oneofs, registry) {
  const own = optionOf(message.proto.options, "buf.validate.message", registry);
  const { cel = [], ...rest } = Object(own);
  return [
    ...cel.map((/** @type {Record<string, string>} */ { message: text = "", expression = "" }) =>
      text === "" ? code(expression) : `${escapeText(text)}: ${code(expression)}`,
    ),
    ...flat("", rest).map(code),
    ...oneofs.flatMap((oneof) =>
      flat(oneof.name, optionOf(oneof.proto.options, "buf.validate.oneof", registry)).map(code),
    ),
  ];
}

/**
 * @param {import("@bufbuild/protobuf").Message | undefined} options
 * @param {string} name
 * @param {Registry} registry
 * @returns {import("@bufbuild/protobuf").JsonValue}
 */
function optionOf(options, name, registry) {
  const extension = registry.getExtension(name);
  if (options === undefined || extension?.message === undefined) {
    return {};
  }
  if (!hasExtension(options, extension)) {
    return {};
  }
  const value = /** @type {import("@bufbuild/protobuf").Message} */ (
    getExtension(options, extension)
  );
  return toJson(extension.message, value, { registry, useProtoFieldName: true });
}

/**
 * @param {string} path
 * @param {unknown} value
 * @returns {string[]}
 */
function flat(path, value) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, each]) =>
      flat(path === "" ? key : `${path}.${key}`, each),
    );
  }
  // JSON has 64 bits as text.
  const number = typeof value === "string" && /^-?\d+$/.test(value);
  const shown = number ? value : JSON.stringify(value);
  return [value === true ? path : `${path} = ${shown}`];
}
