// @ts-check
import { getExtension, hasExtension, ScalarType } from "@bufbuild/protobuf";
import { join } from "node:path";

import { buildImage, methodName, policyOption, withTemporaryFolder } from "./image.mjs";

/** @type {import("./tree.mjs").Check} */
export const policyFacts = {
  name: "policy-facts",
  about: "what the policy options of every method name is there, and their values are possible",
  async run({ root }) {
    const image = await withTemporaryFolder((temporary) =>
      buildImage(root, { tools: root, out: join(temporary, "image.binpb") }),
    );
    const problems = image.methods.flatMap((method) => wrongFacts(image, method));
    if (image.methods.length === 0) {
      problems.push("saw no method");
    }
    return { problems, note: `${image.methods.length} methods` };
  },
};

/**
 * Lists the facts of a method that no SDK could do anything with.
 *
 * @param {import("./image.mjs").Image} image
 * @param {import("@bufbuild/protobuf").DescMethod} method
 * @returns {string[]}
 */
function wrongFacts(image, method) {
  const name = methodName(method);
  const problems = [];
  const timeout = policyOption(image, method, "default_timeout_ms");
  if (typeof timeout === "bigint" && timeout < 1n) {
    problems.push(`${name}: default_timeout_ms is ${timeout}, must be at least 1`);
  }
  const field = policyOption(image, method, "request_id_field");
  if (typeof field === "string" && field !== "") {
    const wrong = wrongRequestIdField(image, method, field);
    if (wrong !== undefined) {
      problems.push(`${name}: request_id_field "${field}" ${wrong}`);
    }
  }
  return problems;
}

/** google.api.FieldInfo.Format.UUID4 */
const UUID4 = 1;

/**
 * Why SDKs would refuse every call of a method that names its request by this field (AIP-4235).
 *
 * @param {import("./image.mjs").Image} image
 * @param {import("@bufbuild/protobuf").DescMethod} method
 * @param {string} name
 * @returns {string | undefined}
 */
function wrongRequestIdField({ registry }, method, name) {
  const { input, methodKind } = method;
  if (methodKind === "client_streaming" || methodKind === "bidi_streaming") {
    return "is not for a method that streams its requests";
  }
  const field = input.fields.find((each) => each.name === name);
  if (field === undefined) {
    return `is no field of ${input.typeName}`;
  }
  if (field.fieldKind !== "scalar" || field.scalar !== ScalarType.STRING || field.oneof) {
    return `must be one string of ${input.typeName}, outside of any oneof`;
  }
  const info = registry.getExtension("google.api.field_info");
  const { options } = field.proto;
  const stated = info !== undefined && options !== undefined && hasExtension(options, info);
  const format = stated ? /** @type {any} */ (getExtension(options, info)).format : undefined;
  return format === UUID4 ? undefined : "must have (google.api.field_info).format = UUID4";
}
