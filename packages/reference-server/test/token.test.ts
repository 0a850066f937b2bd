import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  OrganizationsDirectoryService,
  TokenService,
  TokenType,
} from "@ameideio/core-proto/ameide/identity/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const use = { teamId: "core", eventType: "completion" };
const scopes = ["meter.write", "identity.agent_tokens.write"];

/** A server that demands tokens, with an API key, an administrator and a clock to turn. */
async function startGuarded() {
  const clock = { now: 1_000_000 };
  const { server, client } = await start({
    auth: "required",
    now: () => clock.now,
    tokens: [
      { token: "admin", claims: { scopes: ["identity.introspect", "identity.api_keys.write"] } },
      { token: "brief", claims: { scopes, expiresAt: timestampFromMs(clock.now + 1_000) } },
    ],
    seed: {
      acme: {
        apiKeys: [{ secret: "secret", apiKey: { id: "k1", organizationId: "acme", scopes } }],
      },
    },
  });
  const tokens = (token?: string) =>
    client(TokenService, { tenant: null, ...(token !== undefined && { token }) });
  const issue = async (lifetimeMs: number) => {
    const lifetime = durationFromMs(lifetimeMs);
    return tokens().issueServiceToken({ apiKey: "secret", service: "billing", lifetime });
  };
  const introspect = (token: string) => tokens("admin").introspect({ token });
  return { clock, server, client, tokens, issue, introspect };
}

test("with auth off, no token is needed", async () => {
  const { server, client } = await start();
  await client(MeterService).recordUsage(use);
  await client(MeterService, { token: "unknown" }).recordUsage(use);
  expect(server.usageRecords()).toHaveLength(2);
});

test.each([
  [undefined, "TOKEN_MISSING", "Bearer"],
  ["unknown", "TOKEN_INVALID", 'Bearer error="invalid_token"'],
])("token %o is unauthenticated", async (token, reason, challenge) => {
  const { client, server } = await startGuarded();
  const meter = client(MeterService, { ...(token !== undefined && { token }) });
  const error = await failure(meter.recordUsage(use));
  expect(error).toMatchObject({ code: Code.Unauthenticated, reason });
  expect(error.headers.get("www-authenticate")).toBe(challenge);
  expect(server.usageRecords()).toEqual([]);
});

test("an API key buys a token that works until it expires", async () => {
  const { clock, client, issue } = await startGuarded();
  const { token, expiresAt } = await issue(5_000);
  expect(expiresAt).toEqual(timestampFromMs(1_005_000));
  const meter = client(MeterService, { token });
  clock.now += 4_999;
  await meter.recordUsage(use);
  clock.now += 1;
  expect(await failure(meter.recordUsage(use))).toMatchObject({
    code: Code.Unauthenticated,
    reason: "TOKEN_INVALID",
  });
});

test("a static token expires, too", async () => {
  const { clock, client } = await startGuarded();
  const meter = client(MeterService, { token: "brief" });
  await meter.recordUsage(use);
  clock.now += 1_000;
  expect(await failure(meter.recordUsage(use))).toMatchObject({ code: Code.Unauthenticated });
});

test("a method's scopes are demanded, and win over its service's", async () => {
  const { client, issue } = await startGuarded();
  const { token } = await issue(5_000);
  await client(MeterService, { token }).recordUsage(use);
  const error = await failure(client(MeterService, { token }).queryUsage({}));
  expect(error).toMatchObject({
    code: Code.PermissionDenied,
    reason: "SCOPE_MISSING",
    metadata: { required_scopes: "meter.read", missing_scopes: "meter.read" },
  });
  expect(error.headers.get("www-authenticate")).toContain('scope="meter.read"');
});

test("a token is good only for tenants that have its organization", async () => {
  const { server, client, issue } = await startGuarded();
  const { token } = await issue(5_000);
  const other = client(MeterService, { token, tenant: "other" });
  expect(await failure(other.recordUsage(use))).toMatchObject({
    code: Code.PermissionDenied,
    reason: "TENANT_MISMATCH",
  });
  expect(server.usageRecords()).toEqual([]);
});

test("introspection says what a token is, and of any other only that it is not active", async () => {
  const { clock, issue, introspect } = await startGuarded();
  const { token } = await issue(5_000);
  expect(await introspect(token)).toMatchObject({
    active: true,
    tokenType: TokenType.SERVICE,
    subject: "billing",
    service: "billing",
    organizationId: "acme",
    scopes,
    issuedAt: timestampFromMs(1_000_000),
    expiresAt: timestampFromMs(1_005_000),
  });
  const inactive = await introspect("unknown");
  expect(inactive).toEqual({ $typeName: inactive.$typeName, ...empty });
  clock.now += 5_000;
  expect(await introspect(token)).toEqual(inactive);
});

const empty = {
  active: false,
  subject: "",
  tokenType: TokenType.UNSPECIFIED,
  service: "",
  organizationId: "",
  scopes: [],
  agentType: "",
  capabilities: [],
  runId: "",
  surface: "",
  userSubject: "",
  email: "",
  name: "",
};

test("revoking an API key ends its tokens, and the tokens made from them", async () => {
  const { client, tokens, issue, introspect } = await startGuarded();
  const service = await issue(5_000);
  const agent = await tokens(service.token).issueAgentToken({ agentType: "writer", runId: "r" });
  expect((await introspect(agent.token)).active).toBe(true);

  const directory = client(OrganizationsDirectoryService, { token: "admin" });
  const { apiKey } = await directory.revokeApiKey({ apiKeyId: "k1" });
  expect(apiKey?.lastUsedAt).toEqual(timestampFromMs(1_000_000));
  expect((await introspect(service.token)).active).toBe(false);
  expect((await introspect(agent.token)).active).toBe(false);
  expect(await failure(issue(5_000))).toMatchObject({
    code: Code.Unauthenticated,
    reason: "API_KEY_INVALID",
  });
});

test("an agent's token can do no more than its caller's, for no longer", async () => {
  const { tokens, issue, introspect } = await startGuarded();
  const { token } = await issue(5_000);
  const request = { agentType: "writer", runId: "r", surface: "api", capabilities: ["search"] };
  const agent = await tokens(token).issueAgentToken({
    ...request,
    scopes: ["meter.write"],
    lifetime: durationFromMs(60_000),
  });
  expect(await introspect(agent.token)).toMatchObject({
    tokenType: TokenType.AGENT,
    organizationId: "acme",
    scopes: ["meter.write"],
    expiresAt: timestampFromMs(1_005_000),
    ...request,
  });
  expect((await tokens(token).issueAgentToken(request)).scopes).toEqual(scopes);
  const greedy = tokens(token).issueAgentToken({ ...request, scopes: ["threads.read"] });
  expect(await failure(greedy)).toMatchObject({
    code: Code.PermissionDenied,
    reason: "SCOPE_NOT_GRANTED",
    metadata: { scopes: "threads.read" },
  });
});

test("an agent acts for its caller's person, whom no token on the way changes", async () => {
  const person = { tokenType: TokenType.USER, subject: "ada", scopes };
  const forAda = { tokenType: TokenType.SERVICE, subject: "mail", userSubject: "ada", scopes };
  const { client } = await start({
    tokens: [
      { token: "ada", claims: person },
      { token: "mail", claims: forAda },
      { token: "robot", claims: { tokenType: TokenType.SERVICE, subject: "robot", scopes } },
    ],
  });
  const agentOf = (token: string, userSubject = "") =>
    client(TokenService, { tenant: null, token }).issueAgentToken({
      agentType: "writer",
      runId: "r",
      userSubject,
    });
  const actsFor = async (issued: ReturnType<typeof agentOf>) => {
    const { token } = await issued;
    return (await client(TokenService, { tenant: null }).introspect({ token })).userSubject;
  };
  const { token: agent } = await agentOf("ada");
  for (const token of ["ada", "mail", agent]) {
    expect(await actsFor(agentOf(token))).toBe("ada");
    expect(await actsFor(agentOf(token, "ada"))).toBe("ada");
    expect(await failure(agentOf(token, "bob"))).toMatchObject({
      code: Code.PermissionDenied,
      reason: "USER_SUBJECT_MISMATCH",
    });
  }
  expect(await actsFor(agentOf("robot", "bob"))).toBe("bob");
  expect(await actsFor(agentOf("robot"))).toBe("");
});

test("a token of another server is unknown here", async () => {
  const { issue } = await startGuarded();
  const { client } = await startGuarded();
  const { token } = await issue(5_000);
  expect(await failure(client(ThreadsService, { token }).listThreads({}))).toMatchObject({
    reason: "TOKEN_INVALID",
  });
});
