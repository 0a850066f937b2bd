import { create, type DescEnum, type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { type Facts, FactsSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import * as policy from "@ameideio/core-proto/ameide/policy/v1";

/**
 * Resolves the policy facts of a method: its own option over that of its service over what holds where
 * nothing is said. Words are those of the SDKs: `TENANT_MODE_REQUIRED` is `required`.
 */
export function factsOf(method: DescMethod): Facts {
  const { parent } = method;
  const tenant = hasOption(method, policy.tenant)
    ? getOption(method, policy.tenant)
    : getOption(parent, policy.service_tenant);
  const auth = hasOption(method, policy.auth)
    ? getOption(method, policy.auth)
    : getOption(parent, policy.service_auth);
  const scopes = getOption(method, policy.scopes);
  return create(FactsSchema, {
    tenant: wordOf(policy.TenantModeSchema, tenant) ?? "optional",
    auth: wordOf(policy.AuthModeSchema, auth) ?? "bearer",
    idempotencyKey: getOption(method, policy.idempotency_key),
    ...(hasOption(method, policy.default_timeout_ms)
      ? { defaultTimeoutMs: getOption(method, policy.default_timeout_ms) }
      : {}),
    longLived: getOption(method, policy.long_lived),
    scopes: scopes.length > 0 ? scopes : getOption(parent, policy.service_scopes),
    mcp: wordOf(policy.McpModeSchema, getOption(method, policy.mcp)) ?? "off",
    requestIdField: getOption(method, policy.request_id_field),
    waitForReady: getOption(method, policy.wait_for_ready),
  });
}

// Undefined for the zero value. A value that this release does not know keeps its number.
function wordOf(desc: DescEnum, value: number): string | undefined {
  return value === 0 ? undefined : (desc.value[value]?.localName.toLowerCase() ?? String(value));
}
