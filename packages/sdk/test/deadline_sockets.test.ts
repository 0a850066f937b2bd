import { afterEach, beforeEach, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { type Action, type FaultServer, startFaultServer } from "@ameideio/fault-server";
import { errorOf, settled, t1 } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createVirtualClock, withTestRuntime } from "../src/testing.js";

let server: FaultServer;
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => server.close());

const json = { status: 200, headers: [["content-type", "application/json"]] } as const;
const GOOD: Action = { respond: { ...json, body: { json: { thread: { id: "t1" } } } } };
const HALF: Action = {
  respond: { ...json, body: { json: { thread: {} } }, cut: { after: "half", how: "stall" } },
};

function connected(options: AmeideOptions = {}) {
  const clock = createVirtualClock();
  const transport = createAmeideTransport(
    withTestRuntime(
      {
        baseUrl: server.url,
        allowInsecureLoopback: true,
        format: "json",
        tenant: "acme",
        telemetry: false,
        ...options,
      },
      { clock },
    ),
  );
  return { clock, transport, threads: createClient(ThreadsService, transport) };
}

it("d07 stalled-token-fetch", async () => {
  const { clock, threads } = connected({ auth: { provider: () => new Promise(() => {}) } });
  const failed = errorOf(threads.getThread(t1));
  await settled();
  await clock.advance(30_000);
  expect(await failed).toMatchObject({ stopReason: "deadline", origin: "client", attempts: [] });
  expect([server.connections, clock.pending]).toEqual([0, 0]);
});

// One attempt, so that nothing but the overall deadline ends it.
const body = "x".repeat(8 * 1024 * 1024);
it.each<[string, "1.1" | "2", Action, string]>([
  ["d06 stalled-body", "1.1", HALF, "t1"],
  ["d06 stalled-body over HTTP/2", "2", HALF, "t1"],
  ["d08 slow-upload", "1.1", { stall: "after_head" }, body],
  ["d08 slow-upload over HTTP/2", "2", { stall: "after_head" }, body],
  ["d09 pool-wait", "1.1", { stall: "on_connect" }, "t1"],
  ["d09 pool-wait over HTTP/2", "2", { stall: "on_connect" }, "t1"],
])("%s", async (_name, httpVersion, action, threadId) => {
  await server.reset({ attempts: [action], otherwise: GOOD });
  const { clock, threads, transport } = connected({ httpVersion, retry: { maxAttempts: 1 } });
  const failed = errorOf(threads.getThread({ threadId }));
  await server.until(() => server.requests.length === 1 && server.openSockets() > 0);
  await settled();
  await clock.advance(29_999);
  const early = await Promise.race([failed, settled().then(() => "running")]);
  expect(early).toBe("running");
  await clock.advance(1);
  const error = await failed;
  expect(error).toMatchObject({ stopReason: "deadline", origin: "client" });
  expect(error.attempts).toMatchObject([{ code: "deadline_exceeded", durationMs: 30_000 }]);
  expect(clock.pending).toBe(0);
  transport.close();
  await settled();
  // The server's own sockets are left: one that does not read cannot see ours end.
  const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
  expect(sockets.length).toBeLessThanOrEqual(server.openSockets());
});

it("control: the same server answers the next call", async () => {
  await server.reset({ attempts: [HALF], otherwise: GOOD });
  const { clock, threads, transport } = connected();
  const answer = threads.getThread(t1);
  await server.until(() => server.requests[0]?.status === 200);
  await clock.advance(10_000);
  expect((await answer).thread?.id).toBe("t1");
  expect(server.requests.map((request) => request.timeoutMs)).toEqual([10_000, 10_000]);
  transport.close();
  await server.until(() => server.openSockets() === 0);
});
