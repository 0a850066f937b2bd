// @ts-check
import { ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { findFixtures } from "../generate/fixtures.mjs";
import { buildImage, methodName, policyOption, withTemporaryFolder } from "./image.mjs";

/** @typedef {import("@bufbuild/protobuf").DescFile} DescFile */
/** @typedef {import("@bufbuild/protobuf").DescMessage} DescMessage */
/** @typedef {import("@bufbuild/protobuf").DescMethod} DescMethod */

const POLICY = "ameide/policy/v1/policy.proto";

/** @type {import("./tree.mjs").Check} */
export const protoRules = {
  name: "proto-rules",
  about:
    "lists have pages, reads no side effects, creates a key, updates a mask, services a fixture",
  async run({ root }) {
    return withTemporaryFolder(async (temporary) => {
      const out = join(temporary, "image.binpb");
      const image = await buildImage(root, { tools: root, out });
      const fixtures = new Set(
        findFixtures(join(root, "proto"), readFileSync(out)).map(({ type }) => type),
      );
      const problems = [
        ...image.files.flatMap((file) => fileProblems(file, fixtures)),
        ...image.methods.flatMap((method) => methodProblems(image, method)),
      ];
      if (image.methods.length === 0) {
        problems.push("saw no method");
      }
      return { problems, note: `${image.files.length} files` };
    });
  },
};

/**
 * @param {DescFile} file
 * @param {ReadonlySet<string>} fixtures The messages that have one.
 * @returns {string[]}
 */
function fileProblems(file, fixtures) {
  const problems = [];
  const { name, dependency } = file.proto;
  if (file.services.length > 1) {
    problems.push(`proto/${name}: has ${file.services.length} services: one to a file`);
  }
  if (name === POLICY) {
    const foreign = dependency.filter((each) => !each.startsWith("google/protobuf/"));
    problems.push(
      ...foreign.map((each) => `proto/${name}: imports ${each}, may import google/protobuf alone`),
    );
  }
  for (const { typeName, methods } of file.services) {
    const carried = methods.flatMap(({ input, output }) => [input.typeName, output.typeName]);
    if (!carried.some((type) => fixtures.has(type))) {
      problems.push(`${typeName}: no request or response of it has a fixture in testdata/`);
    }
  }
  return problems;
}

/**
 * @param {import("./image.mjs").Image} image
 * @param {DescMethod} method
 * @returns {string[]}
 */
function methodProblems(image, method) {
  const wrong = [];
  const { name, idempotency, input, output } = method;
  const is = (/** @type {string} */ verb) => new RegExp(`^${verb}(?![a-z])`).test(name);
  if ((is("Get") || is("List")) && idempotency !== Level.NO_SIDE_EFFECTS) {
    wrong.push("reads, so its idempotency_level is NO_SIDE_EFFECTS");
  }
  if (is("Delete") && idempotency !== Level.IDEMPOTENT) {
    wrong.push("deletes, so its idempotency_level is IDEMPOTENT");
  }
  if (
    is("Create") &&
    idempotency === Level.IDEMPOTENCY_UNKNOWN &&
    policyOption(image, method, "idempotency_key") !== true &&
    !policyOption(image, method, "request_id_field")
  ) {
    wrong.push("creates, so it is IDEMPOTENT or has idempotency_key or request_id_field");
  }
  if (is("Update") && !hasField(input, "update_mask", "google.protobuf.FieldMask")) {
    wrong.push("updates, so its request has google.protobuf.FieldMask update_mask (AIP-134)");
  }
  const lists = is("List") || output.fields.some((field) => field.name === "next_page_token");
  if (lists && method.methodKind === "unary") {
    wrong.push(
      ...[
        { of: input, field: "page_size", type: "int32" },
        { of: input, field: "page_token", type: "string" },
        { of: output, field: "next_page_token", type: "string" },
      ]
        .filter(({ of, field, type }) => !hasField(of, field, type))
        .map(({ of, field, type }) => `lists, so ${of.name} has ${type} ${field} (AIP-158)`),
    );
  }
  return wrong.map((problem) => `${methodName(method)}: ${problem}`);
}

/**
 * @param {DescMessage} message
 * @param {string} name
 * @param {string} type Of a scalar, or the full name of a message.
 */
function hasField(message, name, type) {
  const field = message.fields.find((each) => each.name === name);
  if (field?.fieldKind === "scalar") {
    return ScalarType[field.scalar].toLowerCase() === type;
  }
  return field?.fieldKind === "message" && field.message.typeName === type;
}
