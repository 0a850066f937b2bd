import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  OrganizationsDirectoryService,
  TokenService,
  TokenType,
} from "@ameideio/core-proto/ameide/identity/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { IdempotencyKeys } from "../src/idempotency.js";
import { agentTokenOf, failure, start } from "./harness/harness.js";

const usage = { teamId: "core", eventType: "completion" };
const keyed = (key: string) => ({ headers: { "idempotency-key": key } });

test("a repeated call without a key is executed twice", async () => {
  const { server, client } = await start();
  const meter = client(MeterService);
  await meter.recordUsage(usage);
  await meter.recordUsage(usage);
  expect(server.usageRecords()).toHaveLength(2);
});

test("a repeated call with its key gets the stored answer", async () => {
  const { server, client } = await start();
  const meter = client(MeterService);
  const replayed: (string | null)[] = [];
  const onHeader = (headers: Headers) => replayed.push(headers.get("idempotency-replayed"));
  const first = await meter.recordUsage(usage, { ...keyed("k"), onHeader });
  const second = await meter.recordUsage(usage, { ...keyed("k"), onHeader });
  expect(second).toEqual(first);
  expect(replayed).toEqual([null, "true"]);
  expect(server.usageRecords()).toHaveLength(1);
  expect(server.calls()).toEqual({ "ameide.meter.v1.MeterService/RecordUsage": 2 });
});

test("a stored answer stays as it was when the resource changes", async () => {
  const { client } = await start();
  const threads = client(ThreadsService);
  const first = await threads.createThread({ title: "a" }, keyed("k"));
  const messages = [
    { role: Role.USER, parts: [{ content: { case: "text" as const, value: "hi" } }] },
  ];
  await threads.appendMessages({ threadId: first.thread?.id ?? "", messages });
  expect(await threads.createThread({ title: "a" }, keyed("k"))).toEqual(first);
});

test("a key that came with another request is refused", async () => {
  const { server, client } = await start();
  const meter = client(MeterService);
  await meter.recordUsage(usage, keyed("k"));
  expect(await failure(meter.recordUsage({ ...usage, teamId: "other" }, keyed("k")))).toMatchObject(
    { code: Code.FailedPrecondition, reason: "IDEMPOTENCY_KEY_REUSED" },
  );
  expect(server.usageRecords()).toHaveLength(1);
});

test("a key is of the person whom an agent acts for", async () => {
  const { server, client } = await start({
    tokens: ["ada", "bob"].map((subject) => ({
      token: subject,
      claims: { tokenType: TokenType.USER, subject },
    })),
  });
  for (const person of ["ada", "bob", "ada"]) {
    const token = await agentTokenOf(client, person);
    await client(MeterService, { token }).recordUsage(usage, keyed("k"));
  }
  expect(server.usageRecords()).toHaveLength(2);
});

test("a key is of a kind of token, too", async () => {
  const types = [TokenType.USER, TokenType.SERVICE];
  const { server, client } = await start({
    tokens: types.map((tokenType) => ({
      token: TokenType[tokenType],
      claims: { tokenType, subject: "mail" },
    })),
  });
  for (const tokenType of types) {
    await client(MeterService, { token: TokenType[tokenType] }).recordUsage(usage, keyed("k"));
  }
  expect(server.usageRecords()).toHaveLength(2);
});

test("the order of map entries makes no other request", async () => {
  const { server, client } = await start();
  const meter = client(MeterService);
  await meter.recordUsage({ ...usage, metadata: { a: "1", b: "2" } }, keyed("k"));
  await meter.recordUsage({ ...usage, metadata: { b: "2", a: "1" } }, keyed("k"));
  expect(server.usageRecords()).toHaveLength(1);
});

test("concurrent calls with one key share one execution", async () => {
  const { server, client } = await start({ delayMs: 20 });
  const meter = client(MeterService, { httpVersion: "2" });
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => meter.recordUsage(usage, keyed("k"))),
  );
  expect(new Set(answers.map(({ record }) => record?.id)).size).toBe(1);
  expect(server.usageRecords()).toHaveLength(1);
});

test("an execution outlives the call that began it", async () => {
  const { server, client } = await start({ delayMs: 30 });
  const meter = client(MeterService);
  const gone = new AbortController();
  const abandoned = failure(meter.recordUsage(usage, { ...keyed("k"), signal: gone.signal }));
  await expect.poll(() => server.calls(), { interval: 1 }).not.toEqual({});
  gone.abort();
  expect(await abandoned).toMatchObject({ code: Code.Canceled });

  let replayed: string | null = null;
  const onHeader = (headers: Headers) => (replayed = headers.get("idempotency-replayed"));
  const { record } = await meter.recordUsage(usage, { ...keyed("k"), onHeader });
  expect(replayed).toBe("true");
  expect(server.usageRecords().map(({ id }) => id)).toEqual([record?.id]);
});

test("a key belongs to its tenant and its method", async () => {
  const { server, client } = await start();
  await client(MeterService).recordUsage(usage, keyed("k"));
  await client(MeterService, { tenant: "other" }).recordUsage(usage, keyed("k"));
  await client(MeterService).recordUsageBatch({ requests: [usage] }, keyed("k"));
  expect(server.usageRecords()).toHaveLength(3);
});

test("a call that failed may be repeated with its key", async () => {
  const { client } = await start();
  const threads = client(ThreadsService);
  const append = {
    threadId: "none",
    messages: [{ role: Role.USER, parts: [{ content: { case: "text" as const, value: "hi" } }] }],
  };
  for (let i = 0; i < 2; i++) {
    expect(await failure(threads.appendMessages(append, keyed("k")))).toMatchObject({
      code: Code.NotFound,
    });
  }
  const { thread } = await threads.createThread({});
  const { messages } = await threads.appendMessages(
    { ...append, threadId: thread?.id ?? "" },
    keyed("k"),
  );
  expect(messages).toHaveLength(1);
});

test("a key is honoured where the proto does not ask for one, but not by reads", async () => {
  const { client } = await start();
  const tokens = client(TokenService, { tenant: null });
  const agent = { agentType: "writer", runId: "run-1" };
  const first = await tokens.issueAgentToken(agent, keyed("k"));
  expect(await tokens.issueAgentToken(agent, keyed("k"))).toEqual(first);
  expect((await tokens.issueAgentToken(agent)).token).not.toBe(first.token);

  const threads = client(ThreadsService);
  expect((await threads.listThreads({}, keyed("k"))).threads).toHaveLength(0);
  await threads.createThread({});
  expect((await threads.listThreads({}, keyed("k"))).threads).toHaveLength(1);
});

test("a request field of AIP-155 is a key", async () => {
  const { client } = await start();
  const directory = client(OrganizationsDirectoryService);
  const request = {
    organizationId: "acme",
    displayName: "ci",
    scopes: ["meter.write"],
    requestId: "7c1e5b0a-3f6d-4a43-9d1b-6a1f0f6f2f11",
  };
  const first = await directory.createApiKey(request);
  expect((await directory.createApiKey(request)).secret).toBe(first.secret);
  expect((await directory.createApiKey(request, keyed("k"))).secret).toBe(first.secret);
  expect(await failure(directory.createApiKey({ ...request, displayName: "cd" }))).toMatchObject({
    reason: "IDEMPOTENCY_KEY_REUSED",
  });
  expect((await directory.listApiKeys({ organizationId: "acme" })).apiKeys).toHaveLength(1);
});

test("a key of another form is refused", async () => {
  const { client } = await start();
  const meter = client(MeterService);
  expect(await failure(meter.recordUsage(usage, keyed("x".repeat(256))))).toMatchObject({
    code: Code.InvalidArgument,
    reason: "IDEMPOTENCY_KEY_INVALID",
  });
});

test("the store forgets its oldest answers when it is full", async () => {
  const keys = new IdempotencyKeys(2);
  const method = MeterService.method.recordUsage;
  const call = { method, tenant: "acme", caller: undefined };
  const request = create(method.input, usage);
  const run = (key: string) => keys.run(call, request, key, async () => create(method.output));
  for (const key of ["a", "b", "c"]) {
    await run(key);
  }
  expect(await Promise.all(["c", "b", "a"].map(run))).toMatchObject([
    { replayed: true },
    { replayed: true },
    { replayed: false },
  ]);
});
