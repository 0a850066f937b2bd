import { UserState, type UsersService } from "@ameideio/core-proto/ameide/platform/v1";
import { platformOf } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** UsersService. */
export function users(store: Store): Methods<typeof UsersService> {
  const of = (tenant: string) => platformOf(store, tenant);
  return {
    createUser({ email, displayName, locale, organizationIds }, call) {
      const platform = of(call.tenant);
      organizationIds.forEach((id) => platform.organizations.get(id));
      const user = platform.users.create({
        email: email.toLowerCase(),
        displayName,
        locale,
        organizationIds,
        state: UserState.ACTIVE,
      });
      return { user };
    },

    getUser({ userId }, call) {
      return { user: of(call.tenant).users.get(userId) };
    },

    updateUser({ user, updateMask }, call) {
      return { user: of(call.tenant).users.update(user, updateMask) };
    },

    deleteUser({ userId }, call) {
      const platform = of(call.tenant);
      platform.users.delete(userId);
      for (const { id, memberIds } of platform.teams.all()) {
        if (memberIds.includes(userId)) {
          platform.teams.patch(id, { memberIds: memberIds.filter((each) => each !== userId) });
        }
      }
      return {};
    },

    listUsers(request, call) {
      const { organizationId } = request;
      const { items, nextPageToken } = of(call.tenant).users.page(call, request, {
        where: ({ organizationIds }) =>
          organizationId === "" || organizationIds.includes(organizationId),
        key: ({ email }) => email,
        direction: "ascending",
      });
      return { users: items, nextPageToken };
    },
  };
}
