import {
  InvitationState,
  type OrganizationRolesService,
} from "@ameideio/core-proto/ameide/platform/v1";
import { precondition } from "./errors.js";
import { currentInvitation, platformOf } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** OrganizationRolesService. */
export function organizationRoles(store: Store): Methods<typeof OrganizationRolesService> {
  const of = (tenant: string) => platformOf(store, tenant);
  return {
    createOrganizationRole({ organizationId, name, description, permissions }, call) {
      const { organizations, roles } = of(call.tenant);
      organizations.get(organizationId);
      const init = { organizationId, name, description, permissions };
      return { organizationRole: roles.create(init) };
    },

    getOrganizationRole({ organizationRoleId }, call) {
      return { organizationRole: of(call.tenant).roles.get(organizationRoleId) };
    },

    updateOrganizationRole({ organizationRole, updateMask }, call) {
      return { organizationRole: of(call.tenant).roles.update(organizationRole, updateMask) };
    },

    deleteOrganizationRole({ organizationRoleId }, call) {
      const { invitations, roles } = of(call.tenant);
      const given = invitations
        .all()
        .filter(({ roleIds }) => roleIds.includes(organizationRoleId))
        .some((each) => currentInvitation(store, each).state === InvitationState.PENDING);
      if (given) {
        throw precondition("ORGANIZATION_ROLE_IN_USE", "a pending invitation gives the role");
      }
      roles.delete(organizationRoleId);
      return {};
    },

    listOrganizationRoles(request, call) {
      const { organizationId } = request;
      const { items, nextPageToken } = of(call.tenant).roles.page(call, request, {
        where: (role) => organizationId === "" || organizationId === role.organizationId,
      });
      return { organizationRoles: items, nextPageToken };
    },
  };
}
