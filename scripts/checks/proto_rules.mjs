// @ts-check
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
  about: "reads have no side effects, creates a key, updates a mask, services a fixture",
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
  const { name, idempotency, input } = method;
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
  if (is("Update") && !hasMask(input)) {
    wrong.push("updates, so its request has google.protobuf.FieldMask update_mask (AIP-134)");
  }
  return wrong.map((problem) => `${methodName(method)}: ${problem}`);
}

/** @param {DescMessage} message */
function hasMask(message) {
  const field = message.fields.find((each) => each.name === "update_mask");
  return field?.fieldKind === "message" && field.message.typeName === "google.protobuf.FieldMask";
}
