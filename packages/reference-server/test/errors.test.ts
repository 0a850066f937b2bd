import { Code } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, onTestFinished, test, vi } from "vitest";
import { failure, start } from "./harness/harness.js";

const use = { teamId: "core", eventType: "completion" };

test("a resource that is not there is named by reason, domain, id and request id", async () => {
  const { client } = await start();
  const threads = client(ThreadsService, { headers: { "x-request-id": "r-1" } });
  const error = await failure(threads.getThread({ threadId: "gone" }));
  expect(error).toMatchObject({
    code: Code.NotFound,
    message: "thread not found",
    reason: "THREAD_NOT_FOUND",
    domain: "ameide.threads.v1.ThreadsService",
    metadata: { thread_id: "gone" },
    requestId: "r-1",
  });
  expect(error.headers.get("x-request-id")).toBe("r-1");
  expect(error.headers.get("x-tenant-id")).toBe("acme");
});

test.each(["1.1", "2"] as const)("broken rules are field violations, over %s", async (version) => {
  const { server, client } = await start();
  const meter = client(MeterService, { httpVersion: version });
  expect(
    await failure(meter.recordUsage({ eventType: "completion", inputTokens: -1n })),
  ).toMatchObject({
    code: Code.InvalidArgument,
    reason: "INVALID_FIELD",
    fields: ["team_id", "input_tokens"],
    fieldReasons: ["STRING_MIN_LEN", "INT64_GTE"],
  });
  expect(server.usageRecords()).toEqual([]);
});

test("a violation deep in a request has its path, one of the whole request has none", async () => {
  const { client } = await start();
  const messages = [{ role: Role.USER, parts: [{}] }];
  expect(await failure(client(ThreadsService).createThread({ messages }))).toMatchObject({
    fields: ["messages[0].parts[0].content"],
    fieldReasons: ["REQUIRED"],
  });
  expect(
    await failure(client(MeterService).getUsageSummary({ metadataKey: "project" })),
  ).toMatchObject({ fields: [""], fieldReasons: ["METADATA_KEY_WITH_DIMENSION"] });
});

test("a call whose deadline passes is not executed, and says so", async () => {
  const { server, client } = await start({ delayMs: 30 });
  const response = await fetch(`${server.url}/ameide.meter.v1.MeterService/RecordUsage`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "connect-timeout-ms": "10",
      "x-tenant-id": "acme",
      "x-request-id": "r-1",
    },
    body: JSON.stringify(use),
  });
  expect(await response.json()).toMatchObject({
    code: "deadline_exceeded",
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason: "DEADLINE_EXCEEDED" } },
      { type: "google.rpc.RequestInfo", debug: { requestId: "r-1" } },
    ],
  });
  // This call waits as long from a later start: the first would be recorded by its end.
  const { record } = await client(MeterService).recordUsage(use);
  expect(server.usageRecords().map(({ id }) => id)).toEqual([record?.id]);
});

test("every answer has a request id, a good one of the client is kept", async () => {
  const { server, client } = await start();
  const seen: (string | null)[] = [];
  const onHeader = (headers: Headers) => seen.push(headers.get("x-request-id"));
  for (const id of ["r-1", "x".repeat(129)]) {
    const headers = { "x-request-id": id };
    await client(ThreadsService).listThreads({}, { headers, onHeader });
  }
  await client(ThreadsService).listThreads({}, { onHeader });
  const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(seen).toEqual(["r-1", id, id]);

  const headers = { "x-request-id": "r-2" };
  const unknownPath = await fetch(`${server.url}/none`, { method: "POST", headers });
  expect([unknownPath.status, unknownPath.headers.get("x-request-id")]).toEqual([404, "r-2"]);
});

test("a bug of the server is internal, and shown only where the server runs", async () => {
  const log = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => log.mockRestore());
  const { client } = await start({ now: () => NaN });
  expect(await failure(client(ThreadsService).createThread({}))).toMatchObject({
    code: Code.Internal,
    message: "internal error",
    reason: "INTERNAL",
  });
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("RangeError"));
});
