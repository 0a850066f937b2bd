import * as http2 from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createAmeideClient } from "../../src/client.js";
import { LEVELS } from "../harness/scripted_call.js";
import type { CallEvent } from "../../src/index.js";

// What becomes of connections that are silent. A case of the suite has no relay that
// loses what is sent, and no say about when something comes.

const ATTEMPT_MS = 2_000;

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listens) => void server.listen(0, "127.0.0.1", listens));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

// However long real I/O takes.
async function until(done: () => boolean): Promise<void> {
  while (!done()) {
    await turn();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await turn();
  }
}

/** Lets time pass, in steps in which I/O gets its turns. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    vi.advanceTimersByTime(Math.min(100, left));
    await settle();
  }
}

/** Connections pass here; what is sent on those of `lost` is lost, of `held` kept for later. */
async function relayTo(port: number) {
  const open: Socket[] = [];
  const lost = new Set<Socket>();
  const held = new Map<Socket, Buffer[]>();
  const relay = {
    open,
    made: 0,
    holds: false,
    port: 0,
    lose: () => open.forEach((socket) => lost.add(socket)),
    hold: () => open.forEach((socket) => held.set(socket, held.get(socket) ?? [])),
    release: (socket: Socket | undefined) => {
      const chunks = socket && held.get(socket);
      if (socket !== undefined && chunks !== undefined) {
        held.delete(socket);
        chunks.forEach((chunk) => socket.write(chunk));
      }
    },
  };
  const server = createServer((client) => {
    const peer = connect(port, "127.0.0.1");
    relay.made++;
    open.push(client);
    if (relay.holds) {
      held.set(client, []);
    }
    client.on("data", (chunk) => void (lost.has(client) || peer.write(chunk)));
    peer.on("data", (chunk: Buffer) => {
      const kept = held.get(client);
      if (kept !== undefined) {
        kept.push(chunk);
      } else if (!lost.has(client)) {
        client.write(chunk);
      }
    });
    for (const each of [client, peer]) {
      each.on("error", () => {});
      onTestFinished(() => void each.destroy());
    }
    client.on("close", () => {
      open.splice(open.indexOf(client), 1);
      peer.destroy();
    });
  });
  relay.port = await listen(server);
  return relay;
}

async function setUp({ maxConcurrentStreams }: http2.Settings = {}) {
  const waiting: http2.ServerHttp2Stream[] = [];
  const settings = maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams };
  const server = http2.createServer({ settings });
  server.on("session", (session) => void session.on("error", () => {}));
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    waiting.push(stream);
  });
  const relay = await relayTo(await listen(server));
  const events: CallEvent[] = [];
  const client = createAmeideClient({
    baseUrl: `http://127.0.0.1:${relay.port}`,
    allowInsecureLoopback: true,
    httpVersion: "2",
    tenant: "acme",
    telemetry: false,
    noDeadline: true,
    attemptTimeoutMs: ATTEMPT_MS,
    retry: { baseDelayMs: 1 },
    observer: (event) => void events.push(event),
  });
  onTestFinished(() => client.close());
  return {
    client,
    relay,
    /** Attempts that were begun. */
    attempts: () => events.filter(({ type }) => type === "attempt_started").length,
    /** Requests that came so far and are not answered. */
    waiting,
    came: (count: number) => until(() => waiting.length >= count),
    answer: () => {
      for (const stream of waiting.splice(0)) {
        stream.respond({ ":status": 200, "content-type": "application/proto" });
        stream.end();
      }
    },
  };
}

it("takes out all that were silent as long", async () => {
  const { answer, attempts, came, client, relay } = await setUp({ maxConcurrentStreams: 1 });
  const first = [LEVELS.idempotent(client), LEVELS.idempotent(client)];
  await came(2);
  answer();
  await Promise.all(first);
  expect(relay.made).toBe(2);
  relay.lose();
  await pass(1_000);
  const call = LEVELS.idempotent(client);
  await pass(ATTEMPT_MS + 500);
  await came(1);
  answer();
  await call;
  expect([attempts() - 2, relay.made]).toEqual([2, 3]);
});

it("asks the others where one is lost: who tries again meets none that is dead", async () => {
  const { answer, attempts, came, client, relay, waiting } = await setUp({
    maxConcurrentStreams: 1,
  });
  const first = [LEVELS.idempotent(client), LEVELS.idempotent(client)];
  await came(2);
  answer();
  await Promise.all(first);
  const call = LEVELS.idempotent(client);
  await came(1);
  waiting.length = 0;
  relay.lose();
  relay.open[0]?.resetAndDestroy();
  await pass(1_000);
  await came(1);
  answer();
  await call;
  expect([attempts() - 2, relay.made]).toEqual([2, 3]);
});

it("takes those that answer when one is lost", async () => {
  const { answer, came, client, relay, waiting } = await setUp({ maxConcurrentStreams: 1 });
  const first = [LEVELS.idempotent(client), LEVELS.idempotent(client)];
  await came(2);
  answer();
  await Promise.all(first);
  const call = LEVELS.idempotent(client);
  await came(1);
  waiting.length = 0;
  relay.open[0]?.resetAndDestroy();
  await pass(200);
  await came(1);
  answer();
  await call;
  expect(relay.made).toBe(2);
});

it("loses one attempt where something came after it had begun", async () => {
  const { answer, attempts, came, client, relay, waiting } = await setUp();
  const call = LEVELS.idempotent(client);
  await came(1);
  const [left] = waiting.splice(0);
  await pass(500);
  const other = LEVELS.unknown(client);
  await came(1);
  answer();
  await other;
  relay.lose();
  await pass(ATTEMPT_MS);
  await came(1);
  answer();
  await call;
  expect([attempts(), relay.made, left?.closed]).toEqual([3, 2, false]);
});

it("waits for one that answers rather than for another", async () => {
  const { answer, came, client, relay, waiting } = await setUp();
  const slow = LEVELS.idempotent(client);
  await came(1);
  waiting.length = 0;
  await pass(ATTEMPT_MS - 100);
  vi.advanceTimersByTime(100);
  const other = LEVELS.unknown(client);
  await settle();
  await pass(200);
  await came(2);
  answer();
  await Promise.all([slow, other]);
  expect(relay.made).toBe(1);
});

it("lets go what was made for nobody", async () => {
  const { answer, came, client, relay, waiting } = await setUp();
  const slow = LEVELS.idempotent(client);
  await came(1);
  waiting.length = 0;
  relay.hold();
  relay.holds = true;
  await pass(ATTEMPT_MS + 500);
  expect(relay.made).toBe(2);
  const [old, spare] = relay.open;
  relay.release(old);
  await came(1);
  answer();
  await slow;
  relay.release(spare);
  await settle();
  await pass(1_500);
  await until(() => relay.open.length === 1);
  expect(relay.open).toEqual([old]);
});
