import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  OrganizationsDirectoryService,
  TokenService,
} from "@ameideio/core-proto/ameide/identity/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const key = { organizationId: "acme", displayName: "ci", scopes: ["meter.write"] };

test("a tenant has one organization of its own name unless it is seeded", async () => {
  const seed = { other: { organizations: [{ id: "o1", slug: "o-1" }] } };
  const { client } = await start({ seed });
  const ours = client(OrganizationsDirectoryService);
  const theirs = client(OrganizationsDirectoryService, { tenant: "other" });
  expect(await ours.getOrganization({ organizationId: "acme" })).toMatchObject({
    organization: { id: "acme", slug: "acme" },
  });
  expect((await theirs.getOrganization({ organizationId: "o1" })).organization?.slug).toBe("o-1");
  expect(await failure(theirs.getOrganization({ organizationId: "other" }))).toMatchObject({
    reason: "ORGANIZATION_NOT_FOUND",
  });
});

test("members are listed by id", async () => {
  const members = { acme: [{ id: "m2" }, { id: "m1" }, { id: "m3" }] };
  const { client } = await start({ seed: { acme: { members } } });
  const directory = client(OrganizationsDirectoryService);
  const first = await directory.listMembers({ organizationId: "acme", pageSize: 2 });
  expect(first.members.map(({ id }) => id)).toEqual(["m1", "m2"]);
  const pageToken = first.nextPageToken;
  const second = await directory.listMembers({ organizationId: "acme", pageToken });
  expect(second).toMatchObject({ members: [{ id: "m3" }], nextPageToken: "" });
});

test("a key's secret is shown once, and its prefix from then on", async () => {
  const { client } = await start();
  const directory = client(OrganizationsDirectoryService);
  const first = await directory.createApiKey(key);
  const second = await directory.createApiKey({ ...key, displayName: "cd" });
  expect(first.secret.startsWith(first.apiKey?.prefix ?? "none")).toBe(true);
  expect(first.secret).not.toBe(second.secret);
  const { apiKeys } = await directory.listApiKeys({ organizationId: "acme" });
  expect(apiKeys).toEqual([second.apiKey, first.apiKey]);
});

test("revoking a key twice changes nothing the second time", async () => {
  let now = 1_000;
  const { client } = await start({ now: () => now });
  const directory = client(OrganizationsDirectoryService);
  const { apiKey } = await directory.createApiKey(key);
  const apiKeyId = apiKey?.id ?? "";
  const first = await directory.revokeApiKey({ apiKeyId });
  expect(first.apiKey?.revokedAt).toEqual(timestampFromMs(1_000));
  now = 2_000;
  expect(await directory.revokeApiKey({ apiKeyId })).toEqual(first);
});

test("a key that has expired buys no token, and its tokens end with it", async () => {
  let now = Date.now();
  const { client } = await start({ now: () => now });
  const expiresAt = timestampFromMs(now + 60_000);
  const { secret } = await client(OrganizationsDirectoryService).createApiKey({
    ...key,
    expiresAt,
  });
  const tokens = client(TokenService, { tenant: null });
  const request = { apiKey: secret, service: "billing" };
  expect((await tokens.issueServiceToken(request)).expiresAt).toEqual(expiresAt);
  now += 60_000;
  expect(await failure(tokens.issueServiceToken(request))).toMatchObject({
    reason: "API_KEY_INVALID",
  });
});

test("a key that would end in the past is a field violation", async () => {
  const { client } = await start();
  const call = client(OrganizationsDirectoryService).createApiKey({
    ...key,
    expiresAt: timestampFromMs(0),
  });
  expect(await failure(call)).toMatchObject({ fields: ["expires_at"] });
});
