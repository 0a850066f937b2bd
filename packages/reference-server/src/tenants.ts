import { TenantState, type TenantsService } from "@ameideio/core-proto/ameide/platform/v1";
import { precondition } from "./errors.js";
import { tenantsOf } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** TenantsService. Tenants need not be created to be named; those that are suspended may not be. */
export function tenants(store: Store): Methods<typeof TenantsService> {
  return {
    createTenant({ id, displayName, region, labels }) {
      const init = { id, displayName, region, labels, state: TenantState.ACTIVE };
      return { tenant: tenantsOf(store).create(init) };
    },

    getTenant({ tenantId }) {
      return { tenant: tenantsOf(store).get(tenantId) };
    },

    updateTenant({ tenant, updateMask }) {
      return { tenant: tenantsOf(store).update(tenant, updateMask) };
    },

    deleteTenant({ tenantId }) {
      const all = tenantsOf(store);
      if (all.find(tenantId)?.state === TenantState.ACTIVE) {
        throw precondition("TENANT_ACTIVE", "the tenant is not suspended");
      }
      all.delete(tenantId);
      store.forget(tenantId);
      return {};
    },

    listTenants(request, call) {
      const { state } = request;
      const { items, nextPageToken } = tenantsOf(store).page(call, request, {
        where: (each) => state === TenantState.UNSPECIFIED || state === each.state,
        key: ({ id }) => id,
        direction: "ascending",
      });
      return { tenants: items, nextPageToken };
    },
  };
}
