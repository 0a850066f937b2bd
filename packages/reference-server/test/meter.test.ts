import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MeterService, UsageDimension } from "@ameideio/core-proto/ameide/meter/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const use = { teamId: "core", eventType: "completion" };

test("a recorded use comes back as it was told", async () => {
  const { server, client } = await start({ now: () => 1_000 });
  const meter = client(MeterService);
  const told = {
    ...use,
    agentId: "writer",
    surface: "api",
    model: "reference-large",
    provider: "reference",
    inputTokens: 10n,
    outputTokens: 20n,
    cacheReadTokens: 3n,
    cacheWriteTokens: 4n,
    totalCostUsd: 0.25,
    requestId: "r-1",
    metadata: { project: "x" },
    data: { nested: { list: [1, "two", null] } },
  };
  const { record } = await meter.recordUsage(told);
  expect(record).toMatchObject({ usage: told, recordedAt: timestampFromMs(1_000) });
  expect((await meter.queryUsage({})).records).toEqual([record]);
  expect(server.usageRecords()).toMatchObject([
    { tenant: "acme", id: record?.id, recordedAt: 1_000, usage: told },
  ]);
});

test("a batch with one wrong use records none", async () => {
  const { server, client } = await start();
  const batch = { requests: [use, { ...use, outputTokens: -1n }] };
  expect(await failure(client(MeterService).recordUsageBatch(batch))).toMatchObject({
    fields: ["requests[1].output_tokens"],
  });
  expect(server.usageRecords()).toEqual([]);
});

test("every field of a filter narrows", async () => {
  let now = 0;
  const { client } = await start({ now: () => now });
  const meter = client(MeterService);
  for (const [requestId, surface, project] of [
    ["a", "api", "x"],
    ["b", "api", "y"],
    ["c", "slack", "x"],
  ] as const) {
    now += 1_000;
    await meter.recordUsage({ ...use, requestId, surface, metadata: { project } });
  }
  const ids = async (filter: Parameters<typeof meter.queryUsage>[0]["filter"]) =>
    (await meter.queryUsage({ ...(filter && { filter }) })).records.map((r) => r.usage?.requestId);
  expect(await ids(undefined)).toEqual(["c", "b", "a"]);
  expect(await ids({ surface: "api" })).toEqual(["b", "a"]);
  expect(await ids({ metadata: { project: "x" } })).toEqual(["c", "a"]);
  expect(await ids({ surface: "api", metadata: { project: "x" } })).toEqual(["a"]);
  expect(await ids({ metadata: { toString: "x" } })).toEqual([]);
  expect(await ids({ startTime: timestampFromMs(2_000), endTime: timestampFromMs(3_000) })).toEqual(
    ["b"],
  );
});

test("a summary has one group per combination of values, the most expensive first", async () => {
  const { client } = await start();
  const meter = client(MeterService);
  await meter.recordUsageBatch({
    requests: [
      { ...use, model: "small", inputTokens: 1n, totalCostUsd: 0.25, metadata: { project: "x" } },
      { ...use, model: "large", inputTokens: 2n, totalCostUsd: 0.5, metadata: { project: "x" } },
      { ...use, model: "large", inputTokens: 4n, totalCostUsd: 0.5 },
      { ...use, model: "small", inputTokens: 8n, totalCostUsd: 0.5, metadata: { project: "x" } },
    ],
  });
  const total = { recordCount: 4n, inputTokens: 15n, totalCostUsd: 1.75 };
  expect(await meter.getUsageSummary({})).toMatchObject({ groups: [], total });
  expect(
    await meter.getUsageSummary({
      groupBy: [UsageDimension.MODEL, UsageDimension.METADATA],
      metadataKey: "project",
    }),
  ).toMatchObject({
    total,
    groups: [
      { values: ["small", "x"], totals: { recordCount: 2n, inputTokens: 9n, totalCostUsd: 0.75 } },
      { values: ["large", ""], totals: { recordCount: 1n, inputTokens: 4n, totalCostUsd: 0.5 } },
      { values: ["large", "x"], totals: { recordCount: 1n, inputTokens: 2n, totalCostUsd: 0.5 } },
    ],
  });
});

test("a label that no use has is empty, whatever its name", async () => {
  const { client } = await start();
  const meter = client(MeterService);
  await meter.recordUsage(use);
  const groupBy = [UsageDimension.METADATA];
  const { groups } = await meter.getUsageSummary({ groupBy, metadataKey: "constructor" });
  expect(groups.map(({ values }) => values)).toEqual([[""]]);
});

test("the server shows the uses of all tenants in the order of recording", async () => {
  const { server, client } = await start({ now: () => 0 });
  const tenants = ["a", "b", "a"];
  for (const tenant of tenants) {
    await client(MeterService, { tenant }).recordUsage(use);
  }
  expect(server.usageRecords().map(({ tenant }) => tenant)).toEqual(tenants);
});

test.each([
  [UsageDimension.MODEL, "m"],
  [UsageDimension.PROVIDER, "p"],
  [UsageDimension.TEAM, "core"],
  [UsageDimension.AGENT, "a"],
  [UsageDimension.SURFACE, "s"],
])("dimension %i sums up by its own field", async (dimension, value) => {
  const { client } = await start();
  const meter = client(MeterService);
  await meter.recordUsage({ ...use, model: "m", provider: "p", agentId: "a", surface: "s" });
  const { groups } = await meter.getUsageSummary({ groupBy: [dimension] });
  expect(groups.map(({ values }) => values)).toEqual([[value]]);
});
