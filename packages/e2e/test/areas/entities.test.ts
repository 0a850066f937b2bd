import { MatchMethod } from "@ameideio/ameide-sdk-ts/entities/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("records of two systems are one entity, and stay correlated", async () => {
  const { ameide } = await startAreas();
  const record = (system: string, displayName: string) => ({
    ref: { system, entityType: "contact", externalId: "1" },
    displayName,
    attributes: { email: "ada@example.com" },
  });
  const { records } = await ameide.entity.correlate({
    records: [record("hubspot", "Ada"), record("gmail", "A. L.")],
  });
  const [first, second] = records.map(({ entityId }) => entityId);
  expect(second).toBe(first);
  const request = { entityId: first ?? "" };
  const { nodes, correlations } = await ameide.entity.getCorrelationGraph(request);
  expect(nodes.map(({ ref }) => ref?.system)).toEqual(["hubspot", "gmail"]);
  expect(correlations).toMatchObject([{ method: MatchMethod.EMAIL, linked: true }]);
  const { entity } = await ameide.entity.resolve({ record: record("erp", "") });
  expect(entity?.id).toBe(first);
});
