import { Code } from "@connectrpc/connect";
import {
  Direction,
  ElementKind,
  GraphService,
  type ImportElementsRequestSchema,
} from "@ameideio/core-proto/ameide/graph/v1";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

type Item = MessageInitShape<typeof ImportElementsRequestSchema>;
const element = (id: string, more: object = {}): Item => ({
  item: {
    case: "element",
    value: { id, kind: ElementKind.ENTITY, typeKey: "app", name: id, ...more },
  },
});
const relationship = (sourceId: string, targetId: string, typeKey = "uses"): Item => ({
  item: {
    case: "relationship",
    value: { id: `${sourceId}-${targetId}`, sourceId, targetId, typeKey },
  },
});

async function* streamed(items: readonly Item[]) {
  yield* items;
}

async function startGraph(items: readonly Item[] = []) {
  const { client } = await start();
  const graph = client(GraphService);
  const importAll = (...more: Item[]) => graph.importElements(streamed(more));
  await importAll(...items);
  return { client, graph, importAll };
}

const CHAIN = [
  ...["a", "b", "c", "d", "e"].map((id) => element(id)),
  relationship("a", "b"),
  relationship("b", "c"),
  relationship("d", "a", "owns"),
  relationship("c", "a"),
  relationship("c", "e"),
];

test("a neighborhood is what few relationships away is, the nearest first", async () => {
  const { graph } = await startGraph(CHAIN);
  const near = async (more: object) => {
    const { neighbors, truncated } = await graph.getNeighborhood({ elementId: "a", ...more });
    const told = neighbors.map((each) => `${each.element?.id}${each.distance}`).join(" ");
    return truncated ? `${told} …` : told;
  };
  expect(await near({ depth: 1 })).toBe("a0 b1 d1 c1");
  expect(await near({ depth: 2 })).toBe("a0 b1 d1 c1 e2");
  expect(await near({ depth: 3, direction: Direction.OUTGOING })).toBe("a0 b1 c2 e3");
  expect(await near({ depth: 1, direction: Direction.INCOMING })).toBe("a0 d1 c1");
  expect(await near({ depth: 5, typeKeys: ["owns"] })).toBe("a0 d1");
  expect(await near({ depth: 5, maxElements: 2 })).toBe("a0 b1 …");
  const between = await graph.getNeighborhood({ elementId: "a", depth: 1 });
  expect(between.relationships.map(({ id }) => id)).toEqual(["a-b", "b-c", "d-a", "c-a"]);
  expect(await failure(near({ depth: 6 }))).toMatchObject({ fields: ["depth"] });
  expect(await failure(near({ depth: 1, elementId: "z" }))).toMatchObject({
    reason: "ELEMENT_NOT_FOUND",
  });
});

test("an import gives one relationship the place of another, and all of it counts", async () => {
  const { graph, importAll } = await startGraph(CHAIN);
  const moved = (id: string, sourceId: string, targetId: string): Item => ({
    item: { case: "relationship", value: { id, sourceId, targetId, typeKey: "uses" } },
  });
  const imported = await importAll(moved("new", "a", "b"), moved("a-b", "b", "a"));
  expect(imported.relationships).toBe(2);
  const create = (sourceId: string, targetId: string) =>
    graph.createRelationship({ sourceId, targetId, typeKey: "uses" });
  for (const [source, target] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    expect(await failure(create(source, target))).toMatchObject({ reason: "RELATIONSHIP_EXISTS" });
  }
  await graph.deleteRelationship({ relationshipId: "new" });
  expect((await create("a", "b")).relationship?.id).not.toBe("new");
});

test("an import may be repeated, and changes what is new", async () => {
  const { graph, importAll } = await startGraph();
  const all = [element("a"), element("b"), relationship("a", "b")];
  expect(await importAll(...all)).toMatchObject({ createdElements: 2, relationships: 1 });
  expect(await importAll(...all)).toMatchObject({
    createdElements: 0,
    unchangedElements: 2,
    relationships: 0,
  });
  const changed = [element("a", { name: "A" }), relationship("a", "b", "owns")];
  expect(await importAll(...changed)).toMatchObject({ updatedElements: 1, relationships: 1 });
  expect((await graph.getElement({ elementId: "a" })).element).toMatchObject({
    name: "A",
    version: 2n,
  });
});

test.each([
  ["a relationship before its elements", [relationship("later", "a")], "ELEMENT_NOT_FOUND"],
  ["another kind", [element("a", { kind: ElementKind.CONCEPT })], "IMMUTABLE_FIELD"],
  [
    "a second relationship alike",
    [
      {
        item: {
          case: "relationship",
          value: { id: "x", sourceId: "a", targetId: "b", typeKey: "uses" },
        },
      },
    ],
    "RELATIONSHIP_EXISTS",
  ],
  ["a wrong element", [element("x", { typeKey: "Not A Key" })], "INVALID_FIELD"],
] satisfies [string, Item[], string][])(
  "an import with %s changes nothing",
  async (_, wrong, reason) => {
    const { graph, importAll } = await startGraph(CHAIN);
    expect(await failure(importAll(element("new"), ...wrong))).toMatchObject({ reason });
    expect((await graph.listElements({})).elements).toHaveLength(5);
  },
);

test("an update counts the version up, and is refused for another than expected", async () => {
  const { graph } = await startGraph();
  const init = { kind: ElementKind.CONCEPT, typeKey: "goal", name: "Grow", properties: { by: 2 } };
  const { element: created } = await graph.createElement(init);
  expect(created).toMatchObject({ ...init, version: 1n });
  const id = created?.id ?? "";
  const patch = { element: { id, name: "Thrive" }, expectedVersion: 1n };
  expect((await graph.updateElement(patch)).element).toMatchObject({
    name: "Thrive",
    version: 2n,
    properties: { by: 2 },
  });
  expect(await failure(graph.updateElement(patch))).toMatchObject({
    code: Code.Aborted,
    reason: "VERSION_CONFLICT",
    metadata: { version: "2" },
  });
  const kind = { element: { id, kind: 1 }, updateMask: { paths: ["kind"] } };
  expect(await failure(graph.updateElement(kind))).toMatchObject({ reason: "IMMUTABLE_FIELD" });
});

test("relationships are listed by their ends, and go with their elements", async () => {
  const { client, graph } = await startGraph(CHAIN);
  const ids = async (filter: object) =>
    (await graph.listRelationships(filter)).relationships.map(({ id }) => id);
  expect(await ids({ elementId: "a" })).toEqual(["c-a", "d-a", "a-b"]);
  expect(await ids({ elementId: "a", direction: Direction.OUTGOING })).toEqual(["a-b"]);
  expect(await ids({ elementId: "a", direction: Direction.INCOMING, typeKey: "uses" })).toEqual([
    "c-a",
  ]);
  const again = graph.createRelationship({ sourceId: "a", targetId: "b", typeKey: "uses" });
  expect(await failure(again)).toMatchObject({ code: Code.AlreadyExists });
  await graph.createRelationship({ sourceId: "b", targetId: "a", typeKey: "uses" });
  await graph.deleteRelationship({ relationshipId: "c-e" });
  await graph.deleteElement({ elementId: "a" });
  await graph.deleteElement({ elementId: "a" });
  expect(await ids({})).toEqual(["b-c"]);
  const others = client(GraphService, { tenant: "other" });
  expect((await others.listElements({})).elements).toEqual([]);
});

test("a search ranks by the words that are found, names twice", async () => {
  const { graph } = await startGraph([
    element("one", { name: "Billing", description: "Sends invoices" }),
    element("two", { name: "Mail", description: "Billing invoices go out by it" }),
    element("three", { name: "Other", kind: ElementKind.CONCEPT, description: "invoices" }),
    element("four", { name: "None" }),
  ]);
  const found = async (more: object) =>
    (await graph.searchElements({ query: "billing INVOICES?", ...more })).elements.map(
      (each) => `${each.element?.id} ${each.score}`,
    );
  expect(await found({})).toEqual(["one 3", "two 2", "three 1"]);
  expect(await found({ kind: ElementKind.CONCEPT })).toEqual(["three 1"]);
  expect(await found({ pageSize: 1 })).toEqual(["one 3"]);
  expect(
    (await graph.listElements({ typeKey: "app", kind: ElementKind.ENTITY })).elements,
  ).toHaveLength(3);
});
