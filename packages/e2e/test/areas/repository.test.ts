import { ElementKind } from "@ameideio/ameide-sdk-ts/graph/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("an element of the graph is filed in a tree", async () => {
  const { ameide } = await startAreas();
  const { element } = await ameide.graph.createElement({
    kind: ElementKind.ENTITY,
    typeKey: "app",
    name: "Billing",
  });
  const { repository } = await ameide.repository.createRepository({ name: "landscape" });
  const repositoryId = repository?.id ?? "";
  const { node: top } = await ameide.repository.createNode({ repositoryId, name: "Finance" });
  const parentId = top?.id ?? "";
  const { node } = await ameide.repository.createNode({ repositoryId, parentId, name: "Apps" });
  const elementId = element?.id ?? "";
  await ameide.repository.assignElement({ nodeId: node?.id ?? "", elementId });
  const { nodes } = await ameide.repository.getTree({ repositoryId });
  expect(nodes.map((each) => [each.node?.name, each.node?.elementIds])).toEqual([
    ["Finance", []],
    ["Apps", [elementId]],
  ]);
});
