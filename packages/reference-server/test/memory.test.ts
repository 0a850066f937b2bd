import { Code } from "@connectrpc/connect";
import { MemoryService } from "@ameideio/core-proto/ameide/memory/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

async function startMemory() {
  let now = 0;
  const { client } = await start({ now: () => (now += 1_000) });
  return { client, memory: client(MemoryService) };
}

test("vectors are compared by the cosine of their angle", async () => {
  const { memory } = await startMemory();
  for (const embedding of [
    [3, 4],
    [10, 0],
    [-4, 3],
    [-3, -4],
    [0, 0],
    [1, 2, 3],
  ]) {
    await memory.store({ content: JSON.stringify(embedding), embedding });
  }
  const recall = async (more: object) => {
    const { memories } = await memory.recall({ embedding: [6, 8], ...more });
    return memories.map((each) => [each.memory?.content, Number(each.similarity.toFixed(6))]);
  };
  expect(await recall({})).toEqual([
    ["[3,4]", 1],
    ["[10,0]", 0.6],
    ["[0,0]", 0],
    ["[-4,3]", 0],
  ]);
  expect(await recall({ minSimilarity: 0.5 })).toHaveLength(2);
  expect(await recall({ topK: 1 })).toEqual([["[3,4]", 1]]);
  expect((await recall({ minSimilarity: -1 })).at(-1)).toEqual(["[-3,-4]", -1]);
  expect(await failure(memory.recall({}))).toMatchObject({ fieldReasons: ["QUERY_OR_EMBEDDING"] });
});

test("a text is found by its words", async () => {
  const { memory } = await startMemory();
  for (const content of ["Ada uses a modal editor", "Rain is expected in Riga", "Bob likes tea"]) {
    await memory.store({ content });
  }
  const { memories } = await memory.recall({ query: "which EDITOR does Ada use?", topK: 1 });
  expect(memories).toMatchObject([{ memory: { content: "Ada uses a modal editor" } }]);
  expect(memories[0]?.similarity).toBeGreaterThan(0.3);
});

test("a scope narrows by every field that is set", async () => {
  const { client, memory } = await startMemory();
  await memory.store({ content: "a", scope: { agentId: "x", subject: "ada" } });
  await memory.store({ content: "b", scope: { agentId: "x", subject: "bob" } });
  await memory.store({ content: "c" });
  const contents = async (scope: object) =>
    (await memory.list({ scope })).memories.map(({ content }) => content);
  expect(await contents({})).toEqual(["c", "b", "a"]);
  expect(await contents({ agentId: "x" })).toEqual(["b", "a"]);
  expect(await contents({ agentId: "x", subject: "ada" })).toEqual(["a"]);
  expect((await client(MemoryService, { tenant: "other" }).list({})).memories).toEqual([]);
});

test("an update changes what its mask names, and the vector follows the content", async () => {
  const { memory } = await startMemory();
  const { memory: stored } = await memory.store({ content: "tea", metadata: { from: "chat" } });
  const id = stored?.id ?? "";
  const patch = (init: object, ...paths: string[]) =>
    memory.update({ memory: { id, ...init }, updateMask: { paths } });
  const { memory: changed } = await patch({ content: "coffee", metadata: {} }, "content");
  expect(changed).toMatchObject({ content: "coffee", metadata: { from: "chat" } });
  expect(changed?.embedding).not.toEqual(stored?.embedding);
  expect(changed?.updatedAt).not.toEqual(changed?.createdAt);
  expect((await patch({ embedding: [1, 2] })).memory).toMatchObject({
    content: "coffee",
    embedding: [1, 2],
  });
  expect((await patch({ content: "x" }, "*")).memory?.metadata).toEqual({});
  for (const [paths, reason] of [
    [["created_at"], "IMMUTABLE_FIELD"],
    [["scope.agent_id"], "IMMUTABLE_FIELD"],
    [["content.length"], "UNKNOWN_FIELD"],
    [["content", "nothing"], "UNKNOWN_FIELD"],
    [["*", "nothing"], "WILDCARD_WITH_OTHERS"],
    [["content", "*"], "WILDCARD_WITH_OTHERS"],
  ] as const) {
    const call = patch({ content: "y" }, ...paths);
    expect(await failure(call)).toMatchObject({ reason, fields: ["update_mask"] });
  }
  expect(await failure(patch({}, "content"))).toMatchObject({ fields: ["content"] });
  expect(await failure(patch({ id: "", content: "y" }))).toMatchObject({ fields: ["memory.id"] });
  expect((await memory.list({})).memories[0]?.content).toBe("x");
});

test("what says the same is merged into the newest of its scope", async () => {
  const { memory } = await startMemory();
  const store = (
    content: string,
    embedding: number[],
    metadata: Record<string, string>,
    subject = "",
  ) => memory.store({ content, embedding, metadata, scope: { subject } });
  await store("old", [1, 0], { a: "old", b: "old" });
  await store("theirs", [1, 0], {}, "bob");
  await store("other", [0, 1], {});
  await store("new", [1, 0.1], { a: "new" });
  const dry = await memory.consolidate({ dryRun: true });
  expect((await memory.list({})).memories).toHaveLength(4);
  const { merged } = await memory.consolidate({});
  expect(merged).toMatchObject([
    {
      memory: { content: "new", metadata: { a: "new", b: "old" } },
      mergedIds: [expect.any(String)],
    },
  ]);
  expect(dry.merged[0]?.mergedIds).toEqual(merged[0]?.mergedIds);
  const left = (await memory.list({})).memories.map(({ content }) => content);
  expect(left).toEqual(["new", "other", "theirs"]);
  expect((await memory.consolidate({})).merged).toEqual([]);
  expect((await memory.consolidate({ minSimilarity: 0.05 })).merged).toHaveLength(1);
});

test("a memory can be deleted twice, and is not found afterwards", async () => {
  const { memory } = await startMemory();
  const { memory: stored } = await memory.store({ content: "tea" });
  const memoryId = stored?.id ?? "";
  await memory.delete({ memoryId });
  await memory.delete({ memoryId });
  expect(await failure(memory.update({ memory: { id: memoryId } }))).toMatchObject({
    code: Code.NotFound,
    reason: "MEMORY_NOT_FOUND",
  });
});
