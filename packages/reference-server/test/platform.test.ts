import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { AgentsService } from "@ameideio/core-proto/ameide/agents/v1";
import { OrganizationsDirectoryService } from "@ameideio/core-proto/ameide/identity/v1";
import {
  InvitationsService,
  InvitationState,
  OrganizationRolesService,
  OrganizationsService,
  TeamsService,
  TenantsService,
  TenantState,
  UsersService,
  UserState,
} from "@ameideio/core-proto/ameide/platform/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { collect, failure, start } from "./harness/harness.js";

async function startPlatform() {
  const clock = { now: 1_000 };
  const { client } = await start({ now: () => clock.now });
  return {
    clock,
    client,
    organizations: client(OrganizationsService),
    teams: client(TeamsService),
    users: client(UsersService),
    invitations: client(InvitationsService),
    roles: client(OrganizationRolesService),
  };
}

const organizationId = "acme"; // the one that a tenant has from the start

test("an organization keeps its realm name, and the directory shows what else changes", async () => {
  const { clock, client, organizations } = await startPlatform();
  const init = { realmName: "labs", displayName: "Labs", domains: ["labs.example.com"] };
  const { organization } = await organizations.createOrganization(init);
  const id = organization?.id ?? "";
  const change = (patch: object, ...paths: string[]) =>
    organizations.updateOrganization({ organization: { id, ...patch }, updateMask: { paths } });
  clock.now = 2_000;
  expect((await change({ displayName: "Research" })).organization).toMatchObject({
    ...init,
    displayName: "Research",
    createdAt: timestampFromMs(1_000),
    updatedAt: timestampFromMs(2_000),
  });
  expect((await change({ displayName: "R" }, "domains")).organization).toMatchObject({
    displayName: "Research",
    domains: [],
  });
  for (const [wrong, reason, field] of [
    [() => change({ realmName: "x" }, "realm_name"), "IMMUTABLE_FIELD", "update_mask"],
    [() => change({}, "nothing"), "UNKNOWN_FIELD", "update_mask"],
    [() => change({}, "display_name"), "REQUIRED", "display_name"],
  ] as const) {
    expect(await failure(wrong())).toMatchObject({ reason, fields: [field] });
  }
  const directory = client(OrganizationsDirectoryService);
  const seen = await directory.getOrganization({ organizationId: id });
  expect(seen.organization).toMatchObject({ slug: "labs", displayName: "Research" });
  expect(await failure(organizations.createOrganization(init))).toMatchObject({
    code: Code.AlreadyExists,
    reason: "ORGANIZATION_EXISTS",
  });
  const others = client(OrganizationsService, { tenant: "other" });
  expect(await failure(others.getOrganization({ organizationId: id }))).toMatchObject({
    reason: "ORGANIZATION_NOT_FOUND",
  });
  const { organizations: listed } = await organizations.listOrganizations({});
  expect(listed.map(({ realmName }) => realmName)).toEqual(["acme", "labs"]);
});

test("an organization with teams is not deleted, one without is gone everywhere", async () => {
  const { client, organizations, teams } = await startPlatform();
  const { team } = await teams.createTeam({ organizationId, name: "search" });
  expect(await failure(organizations.deleteOrganization({ organizationId }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "ORGANIZATION_HAS_TEAMS",
  });
  await teams.deleteTeam({ teamId: team?.id ?? "" });
  await organizations.deleteOrganization({ organizationId });
  await organizations.deleteOrganization({ organizationId });
  const directory = client(OrganizationsDirectoryService);
  expect(await failure(directory.getOrganization({ organizationId }))).toMatchObject({
    reason: "ORGANIZATION_NOT_FOUND",
  });
  expect(await failure(teams.createTeam({ organizationId, name: "x" }))).toMatchObject({
    reason: "ORGANIZATION_NOT_FOUND",
  });
});

test("members of a team are users, each once, until they leave or are deleted", async () => {
  const { teams, users } = await startPlatform();
  const userIds = await Promise.all(
    ["b@example.com", "A@example.com"].map(
      async (email) => (await users.createUser({ email })).user?.id ?? "",
    ),
  );
  const [first = "", second = ""] = userIds;
  const { team } = await teams.createTeam({ organizationId, name: "search" });
  const teamId = team?.id ?? "";
  for (const userId of [first, second, first]) {
    await teams.addTeamMember({ teamId, userId });
  }
  expect((await teams.getTeam({ teamId })).team?.memberIds).toEqual([first, second]);
  expect(await failure(teams.addTeamMember({ teamId, userId: "none" }))).toMatchObject({
    reason: "USER_NOT_FOUND",
  });
  expect((await teams.listTeams({ memberId: second })).teams).toHaveLength(1);
  await teams.removeTeamMember({ teamId, userId: first });
  expect((await teams.removeTeamMember({ teamId, userId: first })).team?.memberIds).toEqual([
    second,
  ]);
  await users.deleteUser({ userId: second });
  expect((await teams.getTeam({ teamId })).team?.memberIds).toEqual([]);
  expect((await teams.listTeams({ memberId: second })).teams).toEqual([]);
  const renamed = { team: { id: teamId, name: "find" }, updateMask: { paths: ["name"] } };
  expect((await teams.updateTeam(renamed)).team?.name).toBe("find");
  await teams.createTeam({ organizationId, name: "search" });
  const clash = teams.updateTeam({ team: { id: teamId, name: "search" } });
  expect(await failure(clash)).toMatchObject({ code: Code.AlreadyExists });
  expect((await teams.getTeam({ teamId })).team?.name).toBe("find");
});

test("a user's address is lower case, and its own", async () => {
  const { users } = await startPlatform();
  const { user } = await users.createUser({ email: "Ada@Example.com", organizationIds: ["acme"] });
  expect(user).toMatchObject({ email: "ada@example.com", state: UserState.ACTIVE });
  expect(await failure(users.createUser({ email: "ADA@example.com" }))).toMatchObject({
    reason: "USER_EXISTS",
  });
  expect(await failure(users.createUser({ email: "not an address" }))).toMatchObject({
    fields: ["email"],
  });
  await users.createUser({ email: "aa@example.com" });
  const emails = async (filter: object) =>
    (await users.listUsers(filter)).users.map(({ email }) => email);
  expect(await emails({})).toEqual(["aa@example.com", "ada@example.com"]);
  expect(await emails({ organizationId })).toEqual(["ada@example.com"]);
  const suspended = { id: user?.id ?? "", state: UserState.SUSPENDED };
  expect((await users.updateUser({ user: suspended })).user).toMatchObject(suspended);
  expect((await users.getUser({ userId: suspended.id })).user).toMatchObject(suspended);
});

test("who accepts an invitation joins, once", async () => {
  const { invitations, users } = await startPlatform();
  const invite = async (email: string) =>
    (await invitations.createInvitation({ organizationId, email })).invitation?.id ?? "";
  const invitationId = await invite("Bob@example.com");
  expect(await failure(invite("bob@example.com"))).toMatchObject({ reason: "INVITATION_EXISTS" });
  const first = await invitations.acceptInvitation({ invitationId });
  expect(first).toMatchObject({
    invitation: { state: InvitationState.ACCEPTED, userId: first.user?.id },
    user: { email: "bob@example.com", organizationIds: [organizationId] },
  });
  expect(await invitations.acceptInvitation({ invitationId })).toEqual(first);
  expect((await users.listUsers({})).users).toHaveLength(1);
  expect(await failure(invitations.revokeInvitation({ invitationId }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "INVITATION_ACCEPTED",
  });
  const again = await invitations.acceptInvitation({
    invitationId: await invite("bob@example.com"),
  });
  expect(again.user?.id).toBe(first.user?.id);
});

test("an invitation ends by itself or by being revoked", async () => {
  const { clock, invitations } = await startPlatform();
  const invite = async (email: string, more: object = {}) =>
    (await invitations.createInvitation({ organizationId, email, ...more })).invitation?.id ?? "";
  const revoked = await invite("a@example.com");
  const expired = await invite("b@example.com", { expiresAt: timestampFromMs(1_500) });
  const stateOf = async (invitationId: string) =>
    (await invitations.getInvitation({ invitationId })).invitation?.state;
  await invitations.revokeInvitation({ invitationId: revoked });
  expect(await stateOf(expired)).toBe(InvitationState.PENDING);
  clock.now = 1_500;
  expect(await stateOf(expired)).toBe(InvitationState.EXPIRED);
  for (const [invitationId, reason] of [
    [revoked, "INVITATION_REVOKED"],
    [expired, "INVITATION_EXPIRED"],
  ] as const) {
    expect(await failure(invitations.acceptInvitation({ invitationId }))).toMatchObject({ reason });
  }
  const later = { id: expired, expiresAt: timestampFromMs(3_000) };
  const { invitation } = await invitations.updateInvitation({ invitation: later });
  expect(invitation?.state).toBe(InvitationState.PENDING);
  const listed = await invitations.listInvitations({ state: InvitationState.REVOKED });
  expect(listed.invitations.map(({ id }) => id)).toEqual([revoked]);
  await invitations.deleteInvitation({ invitationId: revoked });
  expect((await invitations.listInvitations({ organizationId })).invitations).toHaveLength(1);
});

test("a role is of one organization, and stays while a pending invitation gives it", async () => {
  const { organizations, invitations, roles } = await startPlatform();
  const init = { organizationId, name: "editor", permissions: ["threads.write"] };
  const { organizationRole: role } = await roles.createOrganizationRole(init);
  const id = role?.id ?? "";
  const other = await organizations.createOrganization({ realmName: "o", displayName: "O" });
  const theirs = { organizationId: other.organization?.id ?? "", email: "a@example.com" };
  expect(await failure(invitations.createInvitation({ ...theirs, roleIds: [id] }))).toMatchObject({
    reason: "ORGANIZATION_ROLE_NOT_FOUND",
  });
  const { invitation } = await invitations.createInvitation({
    organizationId,
    email: "a@example.com",
    roleIds: [id],
  });
  expect(await failure(roles.deleteOrganizationRole({ organizationRoleId: id }))).toMatchObject({
    reason: "ORGANIZATION_ROLE_IN_USE",
  });
  await invitations.revokeInvitation({ invitationId: invitation?.id ?? "" });
  const patch = { organizationRole: { id, permissions: ["a", "b"] } };
  expect((await roles.updateOrganizationRole(patch)).organizationRole).toMatchObject({
    name: "editor",
    permissions: ["a", "b"],
  });
  const got = await roles.getOrganizationRole({ organizationRoleId: id });
  expect(got.organizationRole?.permissions).toEqual(["a", "b"]);
  await roles.deleteOrganizationRole({ organizationRoleId: id });
  expect((await roles.listOrganizationRoles({ organizationId })).organizationRoles).toEqual([]);
});

test("a suspended tenant cannot be named, and a deleted one begins anew", async () => {
  const { client, teams } = await startPlatform();
  const tenants = client(TenantsService, { tenant: null });
  await teams.createTeam({ organizationId, name: "search" });
  const init = { id: "acme", displayName: "Acme", region: "eu" };
  await tenants.createTenant(init);
  expect(await failure(tenants.createTenant(init))).toMatchObject({ reason: "TENANT_EXISTS" });
  expect(await failure(tenants.deleteTenant({ tenantId: "acme" }))).toMatchObject({
    reason: "TENANT_ACTIVE",
  });
  const move = { tenant: { id: "acme", region: "us" }, updateMask: { paths: ["region"] } };
  expect(await failure(tenants.updateTenant(move))).toMatchObject({ reason: "IMMUTABLE_FIELD" });
  await tenants.updateTenant({ tenant: { id: "acme", state: TenantState.SUSPENDED } });
  expect(await failure(teams.listTeams({}))).toMatchObject({
    code: Code.PermissionDenied,
    reason: "TENANT_SUSPENDED",
  });
  const { tenants: listed } = await tenants.listTenants({ state: TenantState.SUSPENDED });
  expect(listed).toMatchObject([{ ...init, state: TenantState.SUSPENDED }]);
  await tenants.deleteTenant({ tenantId: "acme" });
  await tenants.deleteTenant({ tenantId: "acme" });
  expect(await failure(tenants.getTenant({ tenantId: "acme" }))).toMatchObject({
    reason: "TENANT_NOT_FOUND",
  });
  expect((await teams.listTeams({})).teams).toEqual([]);
});

test("of a deleted tenant no answer is kept, and no stream is open", async () => {
  const { server, client } = await start();
  const tenants = client(TenantsService, { tenant: null });
  await tenants.createTenant({ id: "acme", displayName: "Acme" });
  const keyed = { headers: { "idempotency-key": "k" } };
  const create = async (tenant: string) =>
    (await client(ThreadsService, { tenant }).createThread({}, keyed)).thread?.id ?? "";
  const before = await create("acme");
  const other = await create("other");
  const watch = async (tenant: string, threadId: string, signal?: AbortSignal) =>
    collect(client(ThreadsService, { tenant }).watchThread({ threadId }, signal && { signal }));
  const catalog = async () => collect(client(AgentsService).watchCatalog({}));
  const watchers = [failure(watch("acme", before)), failure(catalog())];
  const others = new AbortController();
  const kept = failure(watch("other", other, others.signal));
  await expect
    .poll(() => Object.values(server.openStreams()).reduce((sum, count) => sum + count, 0))
    .toBe(3);

  await tenants.updateTenant({ tenant: { id: "acme", state: TenantState.SUSPENDED } });
  await tenants.deleteTenant({ tenantId: "acme" });
  for (const watcher of watchers) {
    expect(await watcher).toMatchObject({ code: Code.NotFound, reason: "TENANT_NOT_FOUND" });
  }
  expect(server.openStreams()).toEqual({ "ameide.threads.v1.ThreadsService/WatchThread": 1 });
  const after = await create("acme");
  expect(after).not.toBe(before);
  expect((await client(ThreadsService).getThread({ threadId: after })).thread?.id).toBe(after);
  expect(await create("other")).toBe(other);
  others.abort();
  expect(await kept).toMatchObject({ code: Code.Canceled });
});
