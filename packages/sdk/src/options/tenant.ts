import { configError } from "../errors/errors.js";
import type { TenantMode } from "../policy/policy.js";

/**
 * Reports whether a value is a tenant: 1 to 128 of `[A-Za-z0-9._-]`, the first a letter or digit.
 */
export function isTenant(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(value);
}

/** States the rule of {@link isTenant}. */
export const TENANT_RULE =
  "must be 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or a digit";

/**
 * Returns the tenant of a call, or undefined for none.
 *
 * @param callTenant - Tenant of the call itself; `null` sends none.
 * @param clientTenant - Tenant of the client.
 * @param withheld - If the client has none: why it does not get that of the environment, or "".
 * @throws AmeideError CONFIG_INVALID if the method requires a tenant and there is none, or forbids
 *   one and the call names one.
 */
export function tenantFor(
  mode: TenantMode,
  method: string,
  callTenant: string | null | undefined,
  clientTenant: string | null | undefined,
  withheld: string,
): string | undefined {
  if (mode === "forbidden") {
    if (typeof callTenant === "string") {
      throw configError("tenant", `${method} must not be called with a tenant`);
    }
    return undefined;
  }
  const tenant = callTenant === undefined ? clientTenant : callTenant;
  if (mode === "required" && typeof tenant !== "string") {
    const rule = `${method} requires a tenant, and neither call nor client has one${withheld}`;
    throw configError("tenant", rule);
  }
  return tenant ?? undefined;
}
