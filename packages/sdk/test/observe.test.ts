import { createClient } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, it } from "vitest";
import { scriptedClient } from "./harness/scripted_client.js";
import { scriptedThreads, thread } from "./harness/scripted_threads.js";

it("observing sends what Connect alone would send", async () => {
  const plain = scriptedClient(thread);
  const transport = createTransport({
    baseUrl: "https://api.test",
    httpClient: plain.client,
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 1_024,
    readMaxBytes: 1e6,
    writeMaxBytes: 1e6,
  });
  const made = scriptedThreads([thread], { mode: "observe", tenant: null });
  for (const client of [createClient(ThreadsService, transport), made.threads]) {
    await client.createThread({ title: "x" }, { headers: { "x-mine": "1" } });
  }
  const [ours, theirs] = [made.http.requests[0], plain.requests[0]];
  expect(Object.fromEntries(ours?.headers ?? [])).toEqual(
    Object.fromEntries(theirs?.headers ?? []),
  );
  expect([ours?.url, ours?.method, ours?.body]).toEqual([
    theirs?.url,
    theirs?.method,
    theirs?.body,
  ]);
  expect(made.clock.timers).toEqual([]);
});
