import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  AuthType,
  ConnectionState,
  ConnectorService,
  HealthState,
  SourceOfTruthArea,
} from "@ameideio/core-proto/ameide/connectors/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const { CRM, TASKS } = SourceOfTruthArea;
const MINUTE = 60_000;
const hubspot = {
  provider: "hubspot",
  authType: AuthType.OAUTH2,
  secretRef: "vault://crm/hubspot",
};
const salesforce = {
  provider: "salesforce",
  authType: AuthType.BASIC,
  secretRef: "vault://crm/salesforce",
};

async function startConnectors() {
  const clock = { now: 0 };
  const { client } = await start({ now: () => clock.now });
  const connectors = client(ConnectorService);
  const add = async (init: object) =>
    (await connectors.registerConnection(init)).connection?.id ?? "";
  return { clock, client, connectors, add };
}

test.each([
  "hunter2",
  "https://user:password@vault/crm",
  "https://vault/crm?token=x",
  "vault://",
  "vault://crm/x#secret",
])("a secret is named by a reference, which %j is none", async (secretRef) => {
  const { add } = await startConnectors();
  expect(await failure(add({ ...hubspot, secretRef }))).toMatchObject({ fields: ["secret_ref"] });
});

test("providers are known by name, and how they authenticate", async () => {
  const { add } = await startConnectors();
  expect(await failure(add({ ...hubspot, provider: "unknown" }))).toMatchObject({
    code: Code.NotFound,
    reason: "PROVIDER_NOT_FOUND",
  });
  expect(await failure(add({ ...hubspot, authType: AuthType.BASIC }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "AUTH_TYPE_UNSUPPORTED",
  });
});

test("a credential expires, is renewed, and its connection is well again", async () => {
  const { clock, connectors, add } = await startConnectors();
  const connectionId = await add(hubspot);
  const health = async () => {
    const { state, findings } = await connectors.getHealth({ connectionId });
    return [state, ...findings.map(({ code }) => code)];
  };
  expect(await health()).toEqual([HealthState.HEALTHY]);
  clock.now = 50 * MINUTE;
  expect(await health()).toEqual([HealthState.DEGRADED, "CREDENTIAL_EXPIRES_SOON"]);
  clock.now = 60 * MINUTE;
  expect(await health()).toEqual([HealthState.UNHEALTHY, "CREDENTIAL_EXPIRED"]);
  const states = async (state: ConnectionState) =>
    (await connectors.listConnections({ state })).connections.length;
  expect([await states(ConnectionState.ACTIVE), await states(ConnectionState.EXPIRED)]).toEqual([
    0, 1,
  ]);
  const { connection } = await connectors.refreshConnection({ connectionId });
  expect(connection).toMatchObject({
    state: ConnectionState.ACTIVE,
    refreshCount: 1,
    expiresAt: timestampFromMs(120 * MINUTE),
  });
  expect(await health()).toEqual([HealthState.HEALTHY]);
});

test("what does not expire is not renewed", async () => {
  const { clock, connectors, add } = await startConnectors();
  const connectionId = await add(salesforce);
  clock.now = 1_000 * 24 * 60 * MINUTE;
  expect((await connectors.getHealth({ connectionId })).state).toBe(HealthState.HEALTHY);
  expect(await failure(connectors.refreshConnection({ connectionId }))).toMatchObject({
    reason: "CREDENTIAL_LASTING",
  });
});

test("a revoked connection stays revoked", async () => {
  const { clock, connectors, add } = await startConnectors();
  const connectionId = await add(hubspot);
  const { connection } = await connectors.revokeConnection({ connectionId, reason: "left" });
  clock.now = 1_000;
  const again = await connectors.revokeConnection({ connectionId, reason: "other" });
  expect(again.connection).toEqual(connection);
  expect(connection).toMatchObject({ state: ConnectionState.REVOKED, revokeReason: "left" });
  expect((await connectors.getHealth({ connectionId })).state).toBe(HealthState.DISABLED);
  expect(await failure(connectors.refreshConnection({ connectionId }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "CONNECTION_REVOKED",
  });
});

test("a refresh repeated with its key renews once", async () => {
  const { client, connectors, add } = await startConnectors();
  const connectionId = await add(hubspot);
  const keyed = client(ConnectorService, { headers: { "idempotency-key": "k" } });
  await keyed.refreshConnection({ connectionId });
  await keyed.refreshConnection({ connectionId });
  const { connection } = await connectors.getConnection({ connectionId });
  expect(connection?.refreshCount).toBe(1);
});

test("a connection can do what its provider has, and no more than read if it only reads", async () => {
  const { connectors, add } = await startConnectors();
  const capabilities = async (init: object) => {
    const connectionId = await add(init);
    return (await connectors.getCapabilities({ connectionId })).capabilities;
  };
  const all = await capabilities(salesforce);
  expect(all.map(({ area, entityType }) => [area, entityType])).toEqual([
    [CRM, "company"],
    [CRM, "contact"],
    [CRM, "deal"],
    [TASKS, "task"],
  ]);
  expect(all[3]).toMatchObject({ canRead: true, canWrite: true, canWatch: false });
  const reads = await capabilities({ ...salesforce, readOnly: true });
  expect(reads.map(({ canRead, canWrite }) => [canRead, canWrite])).toEqual(
    all.map(() => [true, false]),
  );
});

test("without a policy the oldest connection that can be used is right", async () => {
  const { connectors, add } = await startConnectors();
  const subject = { area: CRM, entityType: "deal" };
  expect(await failure(connectors.resolveSourceOfTruth(subject))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "NO_SOURCE_OF_TRUTH",
    metadata: {},
  });
  const first = await add(hubspot);
  const second = await add(salesforce);
  await add({ provider: "slack", authType: AuthType.OAUTH2, secretRef: "vault://chat/slack" });
  const resolve = async (more: object = {}) => {
    const { connection, candidates } = await connectors.resolveSourceOfTruth({
      ...subject,
      ...more,
    });
    return [connection?.id, ...candidates.map(({ reason }) => reason)];
  };
  expect(await resolve()).toEqual([first, "", "LESS_TRUSTED"]);
  expect(await resolve({ area: TASKS, entityType: "" })).toEqual([second, ""]);
  await connectors.revokeConnection({ connectionId: first });
  expect(await resolve()).toEqual([second, "REVOKED", ""]);
});

test("the policy for the type wins over that for its area, and may fall back", async () => {
  const { clock, client, connectors, add } = await startConnectors();
  const first = await add(hubspot);
  const second = await add(salesforce);
  const set = (entityType: string, connectionIds: string[], fallBack = false) =>
    connectors.setSourceOfTruthPolicy({
      policy: { area: CRM, entityType, connectionIds, fallBack },
    });
  await set("", [second, first]);
  await set("deal", [first, second]);
  const resolve = async (entityType: string) =>
    (await connectors.resolveSourceOfTruth({ area: CRM, entityType })).connection?.id;
  expect([await resolve("contact"), await resolve("deal")]).toEqual([second, first]);
  clock.now = 60 * MINUTE;
  expect(await failure(resolve("deal"))).toMatchObject({
    reason: "NO_SOURCE_OF_TRUTH",
    metadata: { [first]: "EXPIRED", [second]: "LESS_TRUSTED" },
  });
  await set("deal", [first, second], true);
  expect(await resolve("deal")).toBe(second);
  await set("", []);
  await set("deal", []);
  await connectors.refreshConnection({ connectionId: first });
  expect(await resolve("deal")).toBe(first);
  const task = { area: TASKS, connectionIds: [first] };
  expect(await failure(connectors.setSourceOfTruthPolicy({ policy: task }))).toMatchObject({
    reason: "AREA_NOT_SERVED",
  });
  expect(await failure(set("deal", ["nobody"]))).toMatchObject({ reason: "CONNECTION_NOT_FOUND" });
  const others = client(ConnectorService, { tenant: "other" });
  expect(await failure(others.getHealth({ connectionId: first }))).toMatchObject({
    code: Code.NotFound,
  });
});

test("connections are paged and chosen by provider and area", async () => {
  const { connectors, add } = await startConnectors();
  const ids = [await add(hubspot), await add(salesforce), await add(hubspot)];
  const page = await connectors.listConnections({ provider: "hubspot", pageSize: 1 });
  expect(page.connections.map(({ id }) => id)).toEqual([ids[2]]);
  const rest = await connectors.listConnections({
    provider: "hubspot",
    pageToken: page.nextPageToken,
  });
  expect(rest.connections.map(({ id }) => id)).toEqual([ids[0]]);
  const { connections } = await connectors.listConnections({ area: TASKS });
  expect(connections.map(({ id }) => id)).toEqual([ids[1]]);
});
