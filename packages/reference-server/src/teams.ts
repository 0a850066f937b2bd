import type { TeamsService } from "@ameideio/core-proto/ameide/platform/v1";
import { platformOf } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** TeamsService. */
export function teams(store: Store): Methods<typeof TeamsService> {
  const of = (tenant: string) => platformOf(store, tenant);
  return {
    createTeam({ organizationId, name, description }, call) {
      const platform = of(call.tenant);
      platform.organizations.get(organizationId);
      return { team: platform.teams.create({ organizationId, name, description }) };
    },

    getTeam({ teamId }, call) {
      return { team: of(call.tenant).teams.get(teamId) };
    },

    updateTeam({ team, updateMask }, call) {
      return { team: of(call.tenant).teams.update(team, updateMask) };
    },

    deleteTeam({ teamId }, call) {
      of(call.tenant).teams.delete(teamId);
      return {};
    },

    listTeams(request, call) {
      const { organizationId, memberId } = request;
      const { items, nextPageToken } = of(call.tenant).teams.page(call, request, {
        where: (team) =>
          (organizationId === "" || organizationId === team.organizationId) &&
          (memberId === "" || team.memberIds.includes(memberId)),
      });
      return { teams: items, nextPageToken };
    },

    addTeamMember({ teamId, userId }, call) {
      const platform = of(call.tenant);
      const team = platform.teams.get(teamId);
      platform.users.get(userId);
      if (team.memberIds.includes(userId)) {
        return { team };
      }
      return { team: platform.teams.patch(teamId, { memberIds: [...team.memberIds, userId] }) };
    },

    removeTeamMember({ teamId, userId }, call) {
      const platform = of(call.tenant);
      const team = platform.teams.get(teamId);
      const memberIds = team.memberIds.filter((id) => id !== userId);
      return {
        team:
          memberIds.length === team.memberIds.length
            ? team
            : platform.teams.patch(teamId, { memberIds }),
      };
    },
  };
}
