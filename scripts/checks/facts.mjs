// @ts-check
import { isFieldSet } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { join } from "node:path";

import { buildImage, methodName, policyOption, withTemporaryFolder } from "./image.mjs";

/** @type {import("./tree.mjs").Check} */
export const policyFacts = {
  name: "policy-facts",
  about: "every method states its idempotency level, and it or its service the tenant mode",
  async run({ root }) {
    const image = await withTemporaryFolder((temporary) =>
      buildImage(root, { tools: root, out: join(temporary, "image.binpb") }),
    );
    const problems = image.methods.flatMap((method) => missingFacts(image, method));
    if (image.methods.length === 0) problems.push("saw no method");
    return { problems, note: `${image.methods.length} methods` };
  },
};

/**
 * What a method leaves unsaid that SDKs of every language need to know.
 *
 * @param {import("./image.mjs").Image} image
 * @param {import("@bufbuild/protobuf").DescMethod} method
 * @returns {string[]}
 */
export function missingFacts(image, method) {
  const name = methodName(method);
  const problems = [];
  const { options } = method.proto;
  if (options === undefined || !isFieldSet(options, MethodOptionsSchema.field.idempotencyLevel)) {
    problems.push(`${name}: states no idempotency_level (IDEMPOTENCY_UNKNOWN is an answer, too)`);
  }
  const tenant =
    policyOption(image, method, "tenant") ?? policyOption(image, method.parent, "service_tenant");
  if (tenant === undefined || tenant === 0) {
    problems.push(`${name}: neither it nor its service states the tenant mode`);
  }
  const timeout = policyOption(image, method, "default_timeout_ms");
  if (typeof timeout === "bigint" && timeout < 1n) {
    problems.push(`${name}: default_timeout_ms is ${timeout}, must be at least 1`);
  }
  return problems;
}
