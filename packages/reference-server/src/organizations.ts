import type { OrganizationsService } from "@ameideio/core-proto/ameide/platform/v1";
import { precondition } from "./errors.js";
import { platformOf, tellDirectory } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** OrganizationsService. What it changes, the directory shows. */
export function organizations(store: Store): Methods<typeof OrganizationsService> {
  return {
    createOrganization({ realmName, displayName, domains }, call) {
      const { organizations: all } = platformOf(store, call.tenant);
      const organization = all.create({ realmName, displayName, domains });
      tellDirectory(store, call.tenant, organization);
      return { organization };
    },

    getOrganization({ organizationId }, call) {
      return { organization: platformOf(store, call.tenant).organizations.get(organizationId) };
    },

    updateOrganization({ organization: patch, updateMask }, call) {
      const organization = platformOf(store, call.tenant).organizations.update(patch, updateMask);
      tellDirectory(store, call.tenant, organization);
      return { organization };
    },

    deleteOrganization({ organizationId }, call) {
      const { organizations: all, teams } = platformOf(store, call.tenant);
      if (teams.all().some((team) => team.organizationId === organizationId)) {
        throw precondition("ORGANIZATION_HAS_TEAMS", "the organization still has teams");
      }
      all.delete(organizationId);
      store.tenant(call.tenant).organizations.delete(organizationId);
      return {};
    },

    listOrganizations(request, call) {
      const { items, nextPageToken } = platformOf(store, call.tenant).organizations.page(
        call,
        request,
        { key: ({ realmName }) => realmName, direction: "ascending" },
      );
      return { organizations: items, nextPageToken };
    },
  };
}
