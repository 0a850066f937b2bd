import { configError } from "../errors/errors.js";
import type { TenantMode } from "../policy/policy.js";

/** Whether a value is a tenant: 1 to 128 of `[A-Za-z0-9._-]`, the first a letter or digit. */
export function isTenant(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(value);
}

/** The rule of {@link isTenant} in words. */
export const TENANT_RULE =
  "must be 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or a digit";

/**
 * The tenant a call carries, or undefined for none.
 *
 * @param callTenant - The tenant of this very call; `null` sends none.
 * @param clientTenant - The tenant of the client.
 * @param withheld - Where the client has none: why that of the environment is not its own, or "".
 * @throws AmeideError CONFIG_INVALID if the method requires a tenant and there
 *   is none, or forbids one and the call names one.
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
