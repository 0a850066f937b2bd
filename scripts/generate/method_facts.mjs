// @ts-check
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";

import { policyOption } from "../checks/image.mjs";
import { code } from "./markdown.mjs";

/** @typedef {import("@bufbuild/protobuf").DescMethod} DescMethod */
/** @typedef {import("../checks/image.mjs").Image} Image */

/**
 * What the options of a method say to clients, its own before its service's, as Markdown.
 *
 * @param {Image} image
 * @param {DescMethod} method
 * @returns {[name: string, value: string][]}
 */
export function factsOf(image, method) {
  const own = (/** @type {string} */ name) => policyOption(image, method, name);
  const either = (/** @type {string} */ name) =>
    own(name) ?? policyOption(image, method.parent, `service_${name}`);
  const scopes = [own("scopes"), policyOption(image, method.parent, "service_scopes")].find(
    (each) => Array.isArray(each) && each.length > 0,
  );
  return [
    ["idempotency", idempotencyOf(image, method)],
    ["tenant", wordOf(image, "TenantMode", either("tenant")) ?? "optional"],
    ["auth", wordOf(image, "AuthMode", either("auth")) ?? "bearer"],
    ["scopes", Array.isArray(scopes) ? scopes.map((each) => code(String(each))).join(", ") : ""],
    ["deadline", deadlineOf(own("default_timeout_ms"), method)],
    [
      "also",
      [
        own("long_lived") === true ? "long-lived" : "",
        own("wait_for_ready") === true ? "waits for ready" : "",
        wordOf(image, "McpMode", own("mcp")) === "tool" ? "MCP tool" : "",
      ]
        .filter((word) => word !== "")
        .join(", "),
    ],
  ];
}

/**
 * @param {Image} image
 * @param {DescMethod} method
 */
function idempotencyOf(image, method) {
  const level = {
    [Level.IDEMPOTENCY_UNKNOWN]: "unknown",
    [Level.IDEMPOTENT]: "idempotent",
    [Level.NO_SIDE_EFFECTS]: "no side effects",
  }[method.idempotency];
  const key = policyOption(image, method, "idempotency_key") === true ? ", with a key" : "";
  const field = policyOption(image, method, "request_id_field");
  const id = typeof field === "string" && field !== "" ? `, request id ${code(field)}` : "";
  return `${level}${key}${id}`;
}

/**
 * @param {unknown} timeoutMs
 * @param {DescMethod} method
 */
function deadlineOf(timeoutMs, { methodKind }) {
  if (typeof timeoutMs === "bigint") {
    return `${Number(timeoutMs) / 1000} s`;
  }
  return methodKind === "unary" ? "the SDK's" : "none";
}

/**
 * The word of an enum of policy.proto: `TENANT_MODE_REQUIRED` is `required`. Undefined where nothing is said.
 *
 * @param {Image} image
 * @param {string} name
 * @param {unknown} value
 */
function wordOf({ registry }, name, value) {
  if (typeof value !== "number" || value === 0) {
    return undefined;
  }
  const desc = registry.getEnum(`ameide.policy.v1.${name}`);
  return desc?.value[value]?.localName.toLowerCase() ?? String(value);
}
