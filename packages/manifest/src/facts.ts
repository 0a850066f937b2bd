import {
  create,
  type DescEnum,
  type DescMethod,
  getExtension,
  hasExtension,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import type { GenExtension } from "@bufbuild/protobuf/codegenv2";
import { WireType } from "@bufbuild/protobuf/wire";
import { type Facts, FactsSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import * as policy from "@ameideio/core-proto/ameide/policy/v1";
import { UserError } from "./user_error.js";

/**
 * Resolves the policy facts of a method: its own option over that of its service over what holds where
 * nothing is said. Words are those of the SDKs: `TENANT_MODE_REQUIRED` is `required`.
 *
 * @throws UserError if an option is malformed.
 */
export function factsOf(method: DescMethod): Facts {
  const { dependency } = method.parent.file.proto;
  // The numbers of our options are anybody's: docs/decisions/option_numbers.md.
  const isOurs = dependency.includes(policy.tenant.file.proto.name);
  const options = isOurs ? method.proto.options : undefined;
  const inherited = isOurs ? method.parent.proto.options : undefined;
  const scopes = stated(options, policy.scopes) ?? [];
  const timeoutMs = stated(options, policy.default_timeout_ms);
  return create(FactsSchema, {
    tenant:
      wordOf(
        policy.TenantModeSchema,
        stated(options, policy.tenant) ?? stated(inherited, policy.service_tenant),
      ) ?? "optional",
    auth:
      wordOf(
        policy.AuthModeSchema,
        stated(options, policy.auth) ?? stated(inherited, policy.service_auth),
      ) ?? "bearer",
    idempotencyKey: stated(options, policy.idempotency_key) ?? false,
    ...(timeoutMs === undefined ? {} : { defaultTimeoutMs: timeoutMs }),
    longLived: stated(options, policy.long_lived) ?? false,
    scopes: scopes.length > 0 ? scopes : (stated(inherited, policy.service_scopes) ?? []),
    mcp: wordOf(policy.McpModeSchema, stated(options, policy.mcp)) ?? "off",
    requestIdField: stated(options, policy.request_id_field) ?? "",
    waitForReady: stated(options, policy.wait_for_ready) ?? false,
  });
}

function stated<O extends Message, V>(
  options: O | undefined,
  option: GenExtension<O, V>,
): V | undefined {
  if (options === undefined || !hasExtension(options, option)) {
    return undefined;
  }
  const isText = option.scalar === ScalarType.STRING;
  const wireType = isText ? WireType.LengthDelimited : WireType.Varint;
  const said = options.$unknown?.filter(({ no }) => no === option.number) ?? [];
  try {
    if (said.some((field) => field.wireType !== wireType)) {
      throw new Error("it is of another type");
    }
    return getExtension(options, option) as V;
  } catch (reason) {
    throw new UserError(`an option ${option.typeName} is malformed: ${(reason as Error).message}`);
  }
}

// Undefined for the zero value. A value that this release does not know keeps its number.
function wordOf(desc: DescEnum, value: number | undefined): string | undefined {
  return value === undefined || value === 0
    ? undefined
    : (desc.value[value]?.localName.toLowerCase() ?? String(value));
}
