import { Direction, ElementKind } from "@ameideio/ameide-sdk-ts/graph/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a graph is imported by a stream, and searched from an element", async () => {
  const { ameide } = await startAreas();
  async function* items() {
    for (const id of ["billing", "ledger", "mail"]) {
      const value = { id, kind: ElementKind.ENTITY, typeKey: "app", name: id };
      yield { item: { case: "element" as const, value } };
    }
    for (const [sourceId, targetId] of [
      ["billing", "ledger"],
      ["mail", "billing"],
    ] as const) {
      const value = { id: `${sourceId}-${targetId}`, sourceId, targetId, typeKey: "uses" };
      yield { item: { case: "relationship" as const, value } };
    }
  }
  const imported = await ameide.graph.importElements(items());
  expect(imported).toMatchObject({ createdElements: 3, relationships: 2 });
  const request = { elementId: "billing", depth: 1, direction: Direction.INCOMING };
  const { neighbors } = await ameide.graph.getNeighborhood(request);
  expect(neighbors.map(({ element }) => element?.id)).toEqual(["billing", "mail"]);
});
