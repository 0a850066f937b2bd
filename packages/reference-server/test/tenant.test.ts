import { Code } from "@connectrpc/connect";
import {
  OrganizationsDirectoryService,
  TokenService,
} from "@ameideio/core-proto/ameide/identity/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

test("tenants see only what is theirs", async () => {
  const { client } = await start();
  const ours = client(ThreadsService);
  const theirs = client(ThreadsService, { tenant: "other" });
  const { thread } = await ours.createThread({ title: "ours" });
  const threadId = thread?.id ?? "";

  expect(await failure(theirs.getThread({ threadId }))).toMatchObject({ code: Code.NotFound });
  expect((await theirs.listThreads({})).threads).toEqual([]);
  await theirs.deleteThread({ threadId });
  expect((await ours.getThread({ threadId })).thread?.title).toBe("ours");

  await client(MeterService).recordUsage({ teamId: "core", eventType: "completion" });
  const summary = await client(MeterService, { tenant: "other" }).getUsageSummary({});
  expect(summary.total?.recordCount).toBe(0n);

  const key = { organizationId: "acme", displayName: "ci", scopes: ["meter.write"] };
  const { apiKey } = await client(OrganizationsDirectoryService).createApiKey(key);
  const otherDirectory = client(OrganizationsDirectoryService, { tenant: "other" });
  expect(await failure(otherDirectory.revokeApiKey({ apiKeyId: apiKey?.id ?? "" }))).toMatchObject({
    reason: "API_KEY_NOT_FOUND",
  });
});

test.each(["constructor", "toString", "valueOf", "hasOwnProperty"])(
  "a tenant may be called %s, and so may its organization",
  async (tenant) => {
    const { client } = await start({ seed: { acme: { organizations: [{ id: tenant }] } } });
    for (const named of [tenant, "acme"]) {
      await client(ThreadsService, { tenant: named }).createThread({});
      const directory = client(OrganizationsDirectoryService, { tenant: named });
      const { members } = await directory.listMembers({ organizationId: tenant });
      expect(members).toEqual([]);
    }
  },
);

test("the tenant of a call is echoed", async () => {
  const { client } = await start();
  const seen: (string | null)[] = [];
  const onHeader = (headers: Headers) => seen.push(headers.get("x-tenant-id"));
  await client(ThreadsService).listThreads({}, { onHeader });
  await client(TokenService, { tenant: null }).introspect({ token: "x" }, { onHeader });
  expect(seen).toEqual(["acme", null]);
});

test.each([
  [null, "TENANT_REQUIRED"],
  ["a b", "TENANT_INVALID"],
])("tenant %o is refused where one is required", async (tenant, reason) => {
  const { client } = await start();
  expect(await failure(client(ThreadsService, { tenant }).listThreads({}))).toMatchObject({
    code: Code.InvalidArgument,
    reason,
    metadata: { header: "x-tenant-id" },
  });
});

test("a tenant is refused where the proto forbids one", async () => {
  const { client } = await start();
  expect(await failure(client(TokenService).introspect({ token: "x" }))).toMatchObject({
    code: Code.InvalidArgument,
    reason: "TENANT_FORBIDDEN",
  });
});
