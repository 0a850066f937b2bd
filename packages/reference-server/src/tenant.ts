import { Code, type Interceptor } from "@connectrpc/connect";
import { TenantState } from "@ameideio/core-proto/ameide/platform/v1";
import { callContext } from "./call.js";
import { Problem } from "./errors.js";
import { methodFacts } from "./method_facts.js";
import { tenantsOf } from "./platform.js";
import type { Store } from "./store.js";

/** Header that carries the tenant of a call. */
export const TENANT_HEADER = "x-tenant-id";

/**
 * Reports whether a value is a tenant: 1 to 128 of `[A-Za-z0-9._-]`, the first a letter or digit.
 */
export function isTenant(value: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(value);
}

/**
 * Reads the tenant of a call from its header and enforces the rule of the method's proto: required,
 * optional (absent is the empty tenant) or forbidden. A tenant that is suspended is refused.
 */
export function tenantInterceptor(store: Store): Interceptor {
  return (next) => (req) => {
    const facts = methodFacts(req.method);
    const tenant = req.header.get(TENANT_HEADER);
    if (tenant === null) {
      if (facts.tenant === "required") {
        throw refuse("TENANT_REQUIRED", `${facts.name} needs the header ${TENANT_HEADER}`);
      }
      return next(req);
    }
    if (facts.tenant === "forbidden") {
      throw refuse("TENANT_FORBIDDEN", `${facts.name} takes no header ${TENANT_HEADER}`);
    }
    if (!isTenant(tenant)) {
      throw refuse(
        "TENANT_INVALID",
        `${TENANT_HEADER} must be 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or a digit`,
      );
    }
    if (tenantsOf(store).find(tenant)?.state === TenantState.SUSPENDED) {
      throw new Problem(Code.PermissionDenied, "TENANT_SUSPENDED", "the tenant is suspended");
    }
    req.contextValues.set(callContext.tenant, tenant);
    return next(req);
  };
}

function refuse(reason: string, message: string): Problem {
  return new Problem(Code.InvalidArgument, reason, message, {
    metadata: { header: TENANT_HEADER },
  });
}
