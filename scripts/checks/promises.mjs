// @ts-check
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";

import { methodName, policyOption } from "./image.mjs";

/** Guarantees that callers may rely on, growing (RFC 9110, section 9.2). */
const STRENGTH = {
  [Level.IDEMPOTENCY_UNKNOWN]: 0,
  [Level.IDEMPOTENT]: 1,
  [Level.NO_SIDE_EFFECTS]: 2,
};

/**
 * Lists promises about methods that an older contract made and a newer one revokes: a weaker
 * idempotency level, an idempotency key no longer sent, a field that is no longer the request id,
 * or another that is. None changes the wire, and all turn retries that were safe into none, or into
 * double effects. Methods that are gone are buf's to report.
 *
 * @param {import("./image.mjs").Image} older
 * @param {import("./image.mjs").Image} newer
 * @returns {string[]}
 */
export function brokenPromises(older, newer) {
  const successors = new Map(newer.methods.map((method) => [methodName(method), method]));
  return older.methods.flatMap((before) => {
    const name = methodName(before);
    const after = successors.get(name);
    if (after === undefined) {
      return [];
    }
    const problems = [];
    if (STRENGTH[after.idempotency] < STRENGTH[before.idempotency]) {
      const levels = `${Level[before.idempotency]} to ${Level[after.idempotency]}`;
      problems.push(`${name}: idempotency_level was lowered from ${levels}`);
    }
    if (sendsKey(older, before) && !sendsKey(newer, after)) {
      problems.push(`${name}: the option idempotency_key was dropped`);
    }
    const field = requestIdField(older, before);
    const now = requestIdField(newer, after);
    if (field !== "" && now !== field) {
      const what = now === "" ? "was dropped" : `was changed from ${field} to ${now}`;
      problems.push(`${name}: the option request_id_field ${what}`);
    }
    return problems;
  });
}

/**
 * @param {import("./image.mjs").Image} image
 * @param {import("@bufbuild/protobuf").DescMethod} method
 */
function sendsKey(image, method) {
  return policyOption(image, method, "idempotency_key") === true;
}

/**
 * @param {import("./image.mjs").Image} image
 * @param {import("@bufbuild/protobuf").DescMethod} method
 */
function requestIdField(image, method) {
  const name = policyOption(image, method, "request_id_field");
  return typeof name === "string" ? name : "";
}
