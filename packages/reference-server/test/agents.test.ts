import { Code } from "@connectrpc/connect";
import { AgentsService } from "@ameideio/core-proto/ameide/agents/v1";
import { AgentsRuntimeService } from "@ameideio/core-proto/ameide/agents_runtime/v1";
import { expect, test } from "vitest";
import { collect, events, failure, start } from "./harness/harness.js";

async function startAgents() {
  const { server, client } = await start();
  const agents = client(AgentsService);
  const runtime = client(AgentsRuntimeService);
  const add = async (name: string, more: object = {}) => {
    const { agent } = await agents.createAgent({ name, ...more });
    return agent?.id ?? "";
  };
  const publish = async (name: string, more: object = {}) => {
    const agentId = await add(name, more);
    await agents.publishAgent({ agentId });
    return agentId;
  };
  return { server, client, agents, runtime, add, publish };
}

test("what was published stays while the draft changes", async () => {
  const { agents, add } = await startAgents();
  const agentId = await add("triage", { instructions: "first" });
  const update = (instructions: string) =>
    agents.updateAgent({ agent: { id: agentId, instructions } });
  const publish = async () => (await agents.publishAgent({ agentId })).agent;
  expect(await publish()).toMatchObject({ publishedVersion: 1, hasDraft: false });
  expect(await publish()).toMatchObject({ publishedVersion: 1 });
  expect((await update("second")).agent).toMatchObject({ publishedVersion: 1, hasDraft: true });
  const { agent: before } = await agents.getAgent({ agentId, version: 1 });
  expect(before?.instructions).toBe("first");
  expect((await agents.listAgents({ publishedOnly: true })).agents).toEqual([before]);
  expect(await publish()).toMatchObject({ publishedVersion: 2 });
  const { agent: latest } = await agents.getAgent({ agentId, version: 2 });
  expect(latest?.instructions).toBe("second");
  expect(await failure(agents.getAgent({ agentId, version: 3 }))).toMatchObject({
    reason: "AGENT_VERSION_NOT_FOUND",
  });
});

test("an agent has a name of its own, and nodes that there are", async () => {
  const { client, agents, add } = await startAgents();
  const node = (definitionVersion: number) => ({
    nodes: [{ id: "n", definitionKey: "model.generate", definitionVersion }],
  });
  const agentId = await add("triage", node(2));
  expect(await failure(add("triage"))).toMatchObject({ code: Code.AlreadyExists });
  expect(await failure(add("other", node(9)))).toMatchObject({
    reason: "NODE_UNKNOWN",
    fields: ["nodes[0]"],
  });
  const { nodes } = await agents.listNodes({ key: "model.generate" });
  expect(nodes.map(({ version }) => version)).toEqual([2, 1]);
  expect((await agents.listNodes({ pageSize: 2 })).nextPageToken).not.toBe("");
  const others = client(AgentsService, { tenant: "other" });
  expect(await failure(others.getAgent({ agentId }))).toMatchObject({ reason: "AGENT_NOT_FOUND" });
});

test("the rule of the greatest priority routes a message, among published agents", async () => {
  const { agents, add, publish } = await startAgents();
  const anything = await publish("anything", { routingRules: [{ priority: 1 }] });
  const urgent = await publish("urgent", {
    routingRules: [{ surface: "slack", keywords: ["Urgent"], priority: 5 }],
  });
  await add("draft", { routingRules: [{ priority: 9 }] });
  const route = (text: string, surface: string) => agents.simulateRoute({ text, surface });
  expect(await route("This is urgent!", "slack")).toMatchObject({
    agentId: urgent,
    agentVersion: 1,
    rule: { priority: 5 },
    candidates: [{ agentId: urgent }, { agentId: anything }],
  });
  expect((await route("This is urgent!", "web")).agentId).toBe(anything);
  expect((await route("No hurry", "slack")).agentId).toBe(anything);
  await agents.deleteAgent({ agentId: anything });
  expect(await route("No hurry", "slack")).toMatchObject({ agentId: "", candidates: [] });
});

test("a watcher sees every agent, then each change", async () => {
  const { agents, add } = await startAgents();
  const agentId = await add("one");
  const watching = events(agents.watchCatalog({}));
  const next = async () => (await watching.next()).event;
  expect(await next()).toMatchObject({ case: "agent", value: { name: "one" } });
  expect(await next()).toMatchObject({ case: "synced" });
  await agents.publishAgent({ agentId });
  expect(await next()).toMatchObject({ case: "agent", value: { publishedVersion: 1 } });
  await agents.deleteAgent({ agentId });
  await agents.deleteAgent({ agentId });
  expect(await next()).toEqual({ case: "deletedAgentId", value: agentId });
  const two = await add("two");
  expect(await next()).toMatchObject({ case: "agent", value: { id: two } });
});

test("a published agent runs, is billed, and calls its tools", async () => {
  const { server, runtime, add, publish } = await startAgents();
  const tools = [{ name: "search" }];
  const agentId = await publish("triage", { instructions: "Sort.", tools });
  const said = await runtime.invoke({ agentId, input: { text: "hello!" } });
  expect(said).toMatchObject({
    version: 1,
    output: { text: "hello!", tool_calls: [] },
    usage: { outputTokens: 2n, toolCalls: 0 },
  });
  const called = await runtime.invoke({ agentId, input: { text: 'search {"q":1}' } });
  expect(called).toMatchObject({
    output: { text: "", tool_calls: [{ name: "search", arguments: { q: 1 } }] },
    usage: { toolCalls: 1 },
  });
  expect(server.generations()).toMatchObject([
    { streamId: said.runId, agentId, state: "completed" },
    { streamId: called.runId },
  ]);
  const draft = await add("draft");
  expect(await failure(runtime.invoke({ agentId: draft, input: {} }))).toMatchObject({
    reason: "AGENT_VERSION_NOT_FOUND",
  });
  expect((await runtime.listRunnableAgents({})).agents).toMatchObject([
    { agentId, name: "triage", version: 1 },
  ]);
});

test("a streamed run says the same, and is abandoned by a caller that leaves", async () => {
  const { server, runtime, publish } = await startAgents();
  const agentId = await publish("triage");
  const seen = await collect(runtime.invokeStream({ agentId, input: { text: "hello!" } }));
  const texts = seen.flatMap(({ event }) => (event.case === "text" ? [event.value] : []));
  expect(texts).toEqual(["hell", "o!"]);
  expect(seen.at(-1)?.event).toMatchObject({
    case: "result",
    value: { output: { text: "hello!" }, usage: { outputTokens: 2n } },
  });
  const leaving = new AbortController();
  const input = { text: "x".repeat(60_000) };
  const long = events(runtime.invokeStream({ agentId, input }, { signal: leaving.signal }));
  await long.next();
  leaving.abort();
  const last = () => server.generations().at(-1)?.state;
  await expect.poll(last, { interval: 1 }).toBe("abandoned");
});
