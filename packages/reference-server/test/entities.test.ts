import { Code } from "@connectrpc/connect";
import { EntityService, MatchMethod } from "@ameideio/core-proto/ameide/entities/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const { DOMAIN_AND_NAME, EMAIL, FIRST, LINK, MANUAL, NAME, PHONE } = MatchMethod;

async function startEntities() {
  const { client } = await start();
  const service = client(EntityService);
  const correlate = async (...records: ReturnType<typeof recordOf>[]) =>
    (await service.correlate({ records })).records;
  return { client, service, correlate };
}

function recordOf(
  place: `${string}/${string}`,
  displayName: string,
  attributes: Record<string, string> = {},
) {
  const [system = "", externalId = ""] = place.split("/");
  return { ref: { system, entityType: "contact", externalId }, displayName, attributes } as const;
}

const ada = recordOf("hubspot/1", "Ada Lovelace", { email: "ada@example.com", phone: "+371 2000" });

test("records of one person are one entity, by what they say", async () => {
  const { service, correlate } = await startEntities();
  const records = await correlate(
    ada,
    recordOf("gmail/7", "A. L.", { email: " ADA@example.com" }),
    recordOf("pbx/3", "", { phone: "371-2000" }),
    recordOf("hubspot/2", "Bob Smith", { email: "bob@example.com" }),
  );
  expect(records.map(({ link }) => [link?.method, link?.confidence])).toEqual([
    [FIRST, 1],
    [EMAIL, 0.95],
    [PHONE, 0.9],
    [FIRST, 1],
  ]);
  const ids = records.map(({ entityId }) => entityId);
  expect(new Set(ids).size).toBe(2);
  expect(ids.slice(0, 3)).toEqual(Array(3).fill(ids[0]));
  const { entity } = await service.getCanonical({ entityId: ids[0] ?? "" });
  expect(entity).toMatchObject({
    displayName: "Ada Lovelace",
    attributes: { email: "ada@example.com", phone: "+371 2000" },
    links: [{}, { matched: ada.ref }, { matched: ada.ref }],
  });
});

test("similar names count, more so with the same domain", async () => {
  const { service, correlate } = await startEntities();
  await correlate(recordOf("crm/1", "Acme Holding", { domain: "acme.com" }));
  const resolve = async (name: string, attributes = {}, minConfidence = 0.1) => {
    const record = recordOf("other/1", name, attributes);
    const { method, confidence } = await service.resolve({ record, minConfidence });
    return [method, Number(confidence.toFixed(4))];
  };
  const domain = { domain: "ACME.com" };
  expect(await resolve("acme holding", domain)).toEqual([DOMAIN_AND_NAME, 0.85]);
  expect(await resolve("acme holding")).toEqual([NAME, 0.7]);
  // ac cm me ho ol ld di in ng | ac cm me ho ol ld: 2 · 6 / 15
  expect(await resolve("Acme Hold")).toEqual([NAME, 0.56]);
  expect(await failure(resolve("Acme Hold", {}, 0.57))).toMatchObject({
    code: Code.NotFound,
    reason: "ENTITY_NOT_FOUND",
    metadata: { system: "other", entity_type: "contact", external_id: "1" },
  });
  expect(await failure(resolve("Something else", domain))).toMatchObject({ code: Code.NotFound });
});

test("a record of another type or tenant never matches", async () => {
  const { client, service, correlate } = await startEntities();
  const [first] = await correlate(ada);
  const lead = { ...ada, ref: { ...ada.ref, entityType: "lead" } };
  expect(await failure(service.resolve({ record: lead }))).toMatchObject({ code: Code.NotFound });
  const others = client(EntityService, { tenant: "other" });
  expect(await failure(others.resolve({ record: ada }))).toMatchObject({ code: Code.NotFound });
  const entityId = first?.entityId ?? "";
  expect(await failure(service.linkEntity({ record: lead, entityId }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "TYPE_MISMATCH",
  });
});

test("records that are linked stay where they are", async () => {
  const { service, correlate } = await startEntities();
  const [first] = await correlate(ada);
  const [again] = await correlate({ ...ada, attributes: { email: "new@example.com" } });
  expect(again).toMatchObject({ alreadyLinked: true, entityId: first?.entityId });
  expect(again?.link).toEqual(first?.link);
  const { method, confidence } = await service.resolve({ record: recordOf("hubspot/1", "") });
  expect([method, confidence]).toEqual([LINK, 1]);
});

test("a record is linked by hand, changed, and unlinked", async () => {
  const { service, correlate } = await startEntities();
  const [first] = await correlate(ada);
  const entityId = first?.entityId ?? "";
  const record = recordOf("erp/9", "Countess", { title: "Countess" });
  const link = (confidence: number, more = {}) =>
    service.linkEntity({ record: { ...record, ...more }, entityId, confidence });
  const { entity } = await link(0.7);
  expect(entity?.links[1]).toMatchObject({ method: MANUAL, confidence: 0.7, matched: ada.ref });
  expect(entity?.attributes).toMatchObject({ title: "Countess", email: "ada@example.com" });
  const changed = (await link(0.9, { attributes: { title: "Lady" } })).entity;
  expect(changed?.links[1]).toMatchObject({ method: MANUAL, confidence: 0.9 });
  expect(changed?.attributes["title"]).toBe("Lady");
  const { entity: other } = await service.linkEntity({ record: recordOf("erp/1", "Bob") });
  const wrong = service.linkEntity({ record, entityId: other?.id ?? "" });
  expect(await failure(wrong)).toMatchObject({
    reason: "ALREADY_LINKED",
    metadata: { entity_id: entityId },
  });
  const left = (await service.unlinkEntity({ ref: ada.ref })).entity;
  expect(left).toMatchObject({
    id: entityId,
    displayName: "Countess",
    attributes: { title: "Lady" },
  });
  expect((await service.unlinkEntity({ ref: record.ref })).entity).toBeUndefined();
  expect((await service.unlinkEntity({ ref: record.ref })).entity).toBeUndefined();
  expect(await failure(service.getCanonical({ entityId }))).toMatchObject({
    reason: "ENTITY_NOT_FOUND",
  });
});

test("a search counts words in names and attributes", async () => {
  const { service, correlate } = await startEntities();
  await correlate(ada, recordOf("crm/2", "Bob", { employer: "Lovelace" }), recordOf("crm/3", "Cy"));
  const search = async (more = {}) =>
    (await service.search({ query: "lovelace", ...more })).entities.map(({ entity, score }) => [
      entity?.displayName,
      score,
    ]);
  expect(await search()).toEqual([
    ["Ada Lovelace", 2],
    ["Bob", 1],
  ]);
  expect(await search({ system: "crm" })).toEqual([["Bob", 1]]);
  const { nextPageToken } = await service.search({ query: "lovelace", pageSize: 1 });
  expect(await search({ pageToken: nextPageToken })).toEqual([["Bob", 1]]);
});

test("a graph goes from the records of an entity to those that may be the same", async () => {
  const { service, correlate } = await startEntities();
  const [first] = await correlate(
    ada,
    recordOf("gmail/7", "Ada", { email: "ada@example.com" }),
    recordOf("crm/1", "Ada Lovelac"),
    recordOf("crm/2", "Bda Lovelac"),
    recordOf("crm/3", "Bob"),
  );
  const graph = async (depth: number, more = {}) => {
    const request = { entityId: first?.entityId ?? "", depth, ...more };
    const { nodes, correlations, truncated } = await service.getCorrelationGraph(request);
    return {
      nodes: nodes.map(({ ref, distance }) => `${ref?.system}/${ref?.externalId} ${distance}`),
      edges: correlations.map(
        ({ source, target, method, linked }) =>
          `${source?.externalId}-${target?.externalId} ${MatchMethod[method]}${linked ? " linked" : ""}`,
      ),
      truncated,
    };
  };
  expect(await graph(0)).toEqual({
    nodes: ["hubspot/1 0", "gmail/7 0"],
    edges: ["1-7 EMAIL linked"],
    truncated: false,
  });
  const near = await graph(1, { minConfidence: 0.6 });
  expect(near.nodes).toEqual(["hubspot/1 0", "gmail/7 0", "crm/1 1"]);
  expect(near.edges).toEqual(["1-7 EMAIL linked", "1-1 NAME"]);
  expect((await graph(2, { minConfidence: 0.6 })).nodes).toEqual([...near.nodes, "crm/2 2"]);
  expect(await graph(5, { minConfidence: 0.6, maxRecords: 3 })).toEqual({
    ...near,
    truncated: true,
  });
});
