import { Code } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { DEFAULT_PAGE_SIZE } from "../src/index.js";
import { failure, start } from "./harness/harness.js";

async function startWithUsage(count: number) {
  const { client } = await start();
  const meter = client(MeterService);
  const requests = Array.from({ length: count }, (_, i) => ({
    teamId: i % 2 === 0 ? "even" : "odd",
    eventType: "completion",
    requestId: String(i),
  }));
  await meter.recordUsageBatch({ requests });
  return { client, meter };
}

test("pages follow one another without gap or repeat, and the last has no token", async () => {
  const { meter } = await startWithUsage(5);
  const ids: (string | undefined)[][] = [];
  let pageToken = "";
  do {
    const page = await meter.queryUsage({ pageSize: 2, pageToken });
    ids.push(page.records.map(({ usage }) => usage?.requestId));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(ids).toEqual([["4", "3"], ["2", "1"], ["0"]]);
});

test("what is added between two pages shifts nothing", async () => {
  const { meter } = await startWithUsage(3);
  const { nextPageToken } = await meter.queryUsage({ pageSize: 2 });
  await meter.recordUsage({ teamId: "odd", eventType: "completion", requestId: "new" });
  const { records } = await meter.queryUsage({ pageSize: 2, pageToken: nextPageToken });
  expect(records.map(({ usage }) => usage?.requestId)).toEqual(["0"]);
});

test("the page size may change from page to page, 0 leaves it to the server", async () => {
  const { meter } = await startWithUsage(DEFAULT_PAGE_SIZE + 2);
  const first = await meter.queryUsage({ pageSize: 1 });
  const second = await meter.queryUsage({ pageSize: 0, pageToken: first.nextPageToken });
  expect(second.records).toHaveLength(DEFAULT_PAGE_SIZE);
  const third = await meter.queryUsage({ pageSize: 1000, pageToken: second.nextPageToken });
  expect(third).toMatchObject({ records: [{}], nextPageToken: "" });
});

test.each([-1, 1001])("page size %d is a field violation", async (pageSize) => {
  const { client } = await start();
  expect(await failure(client(ThreadsService).listThreads({ pageSize }))).toMatchObject({
    code: Code.InvalidArgument,
    fields: ["page_size"],
  });
});

test("a token is good only for the query it was made for", async () => {
  const { client, meter } = await startWithUsage(4);
  const filter = { teamId: "even" };
  const { nextPageToken: pageToken } = await meter.queryUsage({ filter, pageSize: 1 });
  const other = client(MeterService, { tenant: "other" });
  const wrong = [
    () => meter.queryUsage({ filter: { teamId: "odd" }, pageToken }),
    () => meter.queryUsage({ pageToken }),
    () => other.queryUsage({ filter, pageToken }),
    () => client(ThreadsService).listThreads({ pageToken }),
    () => meter.queryUsage({ filter, pageToken: `${pageToken}A` }),
    () => meter.queryUsage({ filter, pageToken: "made up" }),
  ];
  for (const call of wrong) {
    expect(await failure(call())).toMatchObject({
      code: Code.InvalidArgument,
      reason: "INVALID_PAGE_TOKEN",
      fields: ["page_token"],
    });
  }
  expect((await meter.queryUsage({ filter, pageToken })).records).toHaveLength(1);
});
