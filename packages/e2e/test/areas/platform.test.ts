import { paginate } from "@ameideio/ameide-sdk-ts";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("an organization gets a role, an invited user and a team", async () => {
  const { ameide } = await startAreas();
  const { organization } = await ameide.organizations.createOrganization({
    realmName: "labs",
    displayName: "Labs",
  });
  const organizationId = organization?.id ?? "";
  const { organizationRole } = await ameide.organizationRoles.createOrganizationRole({
    organizationId,
    name: "editor",
  });
  const { invitation } = await ameide.invitations.createInvitation({
    organizationId,
    email: "bob@example.com",
    roleIds: [organizationRole?.id ?? ""],
  });
  const { user } = await ameide.invitations.acceptInvitation({
    invitationId: invitation?.id ?? "",
  });
  const userId = user?.id ?? "";
  expect((await ameide.users.getUser({ userId })).user?.organizationIds).toEqual([organizationId]);
  for (const name of ["a", "b", "c"]) {
    const { team } = await ameide.teams.createTeam({ organizationId, name });
    await ameide.teams.addTeamMember({ teamId: team?.id ?? "", userId });
  }
  const names: string[] = [];
  for await (const team of paginate(ameide.teams.listTeams, { memberId: userId, pageSize: 2 })) {
    names.push(team.name);
  }
  expect(names).toEqual(["c", "b", "a"]);
});

it("tenants are created without one", async () => {
  const { ameide } = await startAreas();
  const { tenant } = await ameide.tenants.createTenant({ id: "beta", displayName: "Beta" });
  expect(tenant?.id).toBe("beta");
  const beta = ameide.withTenant("beta");
  expect((await beta.organizations.listOrganizations({})).organizations).toMatchObject([
    { realmName: "beta" },
  ]);
});
