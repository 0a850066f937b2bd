import { Code } from "@connectrpc/connect";
import { ElementKind, GraphService } from "@ameideio/core-proto/ameide/graph/v1";
import { RepositoryService } from "@ameideio/core-proto/ameide/repository/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

/** A server with a repository whose tree is `a` (with `b` and `c` below, and `d` below `b`) and `e`. */
async function startRepository() {
  const { client } = await start();
  const repositories = client(RepositoryService);
  const { repository } = await repositories.createRepository({ name: "landscape" });
  const repositoryId = repository?.id ?? "";
  const ids: Record<string, string> = {};
  const add = async (name: string, parent = "") => {
    const parentId = ids[parent] ?? "";
    const { node } = await repositories.createNode({ repositoryId, parentId, name });
    ids[name] = node?.id ?? "";
  };
  for (const [name, parent] of [["a"], ["b", "a"], ["c", "a"], ["d", "b"], ["e"]] as const) {
    await add(name, parent);
  }
  const id = (name: string) => ids[name] ?? "";
  const tree = async (more: object = {}) => {
    const { nodes } = await repositories.getTree({ repositoryId, ...more });
    return nodes.map(({ node, depth }) => `${"-".repeat(depth)}${node?.name}`).join(" ");
  };
  return { client, repositories, repositoryId, add, id, tree };
}

test("a tree is told from its top, each node before those below it", async () => {
  const { repositories, repositoryId, id, tree } = await startRepository();
  expect(await tree()).toBe("a -b --d -c e");
  expect(await tree({ maxDepth: 2 })).toBe("a -b -c e");
  expect(await tree({ nodeId: id("b") })).toBe("b -d");
  const { nodes } = await repositories.getTree({ repositoryId, maxDepth: 1 });
  expect(nodes.map(({ childCount }) => childCount)).toEqual([2, 0]);
});

test("a node moves with what is below it, to a place among its new siblings", async () => {
  const { repositories, id, add, tree } = await startRepository();
  const move = (name: string, parent: string, position: number) =>
    repositories.moveNode({ nodeId: id(name), parentId: parent && id(parent), position });
  await move("b", "", 1);
  expect(await tree()).toBe("a -c b -d e");
  await move("e", "", 0);
  expect(await tree()).toBe("e a -c b -d");
  const { node } = await move("e", "", 99);
  expect(node?.position).toBe(2);
  expect(await tree()).toBe("a -c b -d e");
  for (const parent of ["b", "d"]) {
    expect(await failure(move("b", parent, 0))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "NODE_BELOW_ITSELF",
    });
  }
  await add("f", "a");
  await move("f", "", 0);
  expect(await failure(add("f"))).toMatchObject({ reason: "NODE_EXISTS" });
  await add("f", "a");
  expect(await failure(move("f", "", 0))).toMatchObject({
    reason: "NODE_EXISTS",
    metadata: { node: "f" },
  });
  expect(await tree()).toBe("f a -c -f b -d e");
});

test("a node with others below it is deleted only with them", async () => {
  const { repositories, id, tree } = await startRepository();
  const nodeId = id("a");
  expect(await failure(repositories.deleteNode({ nodeId }))).toMatchObject({
    reason: "NODE_NOT_EMPTY",
  });
  await repositories.deleteNode({ nodeId, recursive: true });
  await repositories.deleteNode({ nodeId });
  expect(await tree()).toBe("e");
  const { node } = await repositories.moveNode({ nodeId: id("e"), position: 9 });
  expect(node?.position).toBe(0);
});

test("an element is filed at one node of a repository", async () => {
  const { client, repositories, repositoryId, id } = await startRepository();
  const graph = client(GraphService);
  const init = { kind: ElementKind.ENTITY, typeKey: "app", name: "Billing" };
  const { element } = await graph.createElement(init);
  const elementId = element?.id ?? "";
  const assign = (name: string, which = elementId) =>
    repositories.assignElement({ nodeId: id(name), elementId: which });
  await assign("a");
  await assign("d");
  const first = await assign("d");
  expect(first.node?.elementIds).toEqual([elementId]);
  const { stats } = await repositories.getStats({ repositoryId });
  expect(stats).toMatchObject({ nodeCount: 5, elementCount: 1, maxDepth: 3, emptyNodeCount: 2 });
  expect(await failure(assign("a", "none"))).toMatchObject({ reason: "ELEMENT_NOT_FOUND" });
  await repositories.unassignElement({ repositoryId, elementId });
  await repositories.unassignElement({ repositoryId, elementId });
  expect((await repositories.getStats({ repositoryId })).stats?.elementCount).toBe(0);
});

test("repositories have names of their own, and nodes of their own", async () => {
  const { client, repositories, repositoryId, id } = await startRepository();
  expect(await failure(repositories.createRepository({ name: "landscape" }))).toMatchObject({
    reason: "REPOSITORY_EXISTS",
  });
  const { repository } = await repositories.createRepository({ name: "archive" });
  const other = repository?.id ?? "";
  const foreign = { repositoryId: other, parentId: id("a"), name: "x" };
  expect(await failure(repositories.createNode(foreign))).toMatchObject({
    reason: "NODE_NOT_FOUND",
  });
  const patch = { repository: { id: other, name: "landscape" } };
  expect(await failure(repositories.updateRepository(patch))).toMatchObject({
    reason: "REPOSITORY_EXISTS",
  });
  const described = { repository: { id: other, description: "old" } };
  expect((await repositories.updateRepository(described)).repository).toMatchObject({
    name: "archive",
    description: "old",
  });
  const { repositories: all } = await repositories.listRepositories({});
  expect(all.map(({ name }) => name)).toEqual(["archive", "landscape"]);
  const others = client(RepositoryService, { tenant: "other" });
  expect(await failure(others.getRepository({ repositoryId }))).toMatchObject({
    reason: "REPOSITORY_NOT_FOUND",
  });
});
