import { execFile } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as http2 from "node:http2";
import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Interceptor } from "@connectrpc/connect";
import { createAmeideClient } from "../../src/client.js";
import { serving } from "../harness/serving.js";
import { failureOf, LEVELS } from "../harness/scripted_call.js";
import type { AmeideOptions, CallEvent } from "../../src/index.js";

// What no case of the suite can say: hours in a moment, servers that break HTTP/2,
// and what happens inside of one process.

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function clientOf(baseUrl: string, options: AmeideOptions = {}) {
  const events: CallEvent[] = [];
  const client = createAmeideClient({
    baseUrl,
    allowInsecureLoopback: true,
    httpVersion: "2",
    tenant: "acme",
    telemetry: false,
    noDeadline: true,
    retry: false,
    observer: (event) => void events.push(event),
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, failed: () => events.find(({ type }) => type === "attempt_failed") };
}

// However long real I/O takes.
async function until(done: () => boolean): Promise<void> {
  while (!done()) {
    await turn();
  }
}

// Real I/O between steps of a time that is not.
async function passUntil(done: () => boolean, mostMs: number): Promise<number> {
  for (let ms = 0; ms <= mostMs; ms += 1_000) {
    for (let i = 0; i < 50 && !done(); i++) {
      await turn();
    }
    if (done()) {
      return ms;
    }
    vi.advanceTimersByTime(1_000);
  }
  throw new Error(`it did not happen in ${mostMs} ms`);
}

it("is asked half as often by whoever was told: too many PINGs", async () => {
  const server = http2.createServer();
  let pings = 0;
  let calls = 0;
  const sessions: http2.ServerHttp2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session.on("ping", () => pings++).on("error", () => {}));
  });
  server.on("stream", (stream) => {
    calls++;
    stream.on("error", () => {}).resume();
  });
  const { client } = clientOf(await serving(server));
  const nextPing = async () => {
    const before = pings;
    return passUntil(() => pings > before, 200_000);
  };
  for (const everyMs of [20_000, 40_000]) {
    const before = calls;
    const call = failureOf(LEVELS.unknown(client));
    await until(() => calls > before);
    await nextPing();
    const gapMs = await nextPing();
    expect(gapMs).toBeGreaterThanOrEqual(everyMs);
    expect(gapMs).toBeLessThan(1.5 * everyMs);
    const { NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;
    sessions.at(-1)?.goaway(NGHTTP2_ENHANCE_YOUR_CALM, 1, Buffer.from("too_many_pings"));
    expect(await call).toMatchObject({ origin: "transport", stopReason: "not_idempotent" });
  }
});

it("asks nothing while no call is under way, and after: only if told to", async () => {
  const server = http2.createServer();
  let pings = 0;
  server.on("session", (session) => void session.on("ping", () => pings++));
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/proto" });
    stream.end();
  });
  const url = await serving(server);
  for (const whileIdle of [false, true]) {
    const { client } = clientOf(url, { keepAlive: { whileIdle } });
    await LEVELS.unknown(client);
    await passUntil(() => pings > 0, 100_000).catch(() => {});
    expect(pings > 0).toBe(whileIdle);
  }
});

it("gives up on who never sends SETTINGS", async () => {
  const url = await serving(createServer((socket) => socket.resume()));
  const { client, failed } = clientOf(url, { connectTimeoutMs: 3_000 });
  let error: Awaited<ReturnType<typeof failureOf>> | undefined;
  void failureOf(LEVELS.unknown(client)).then((reason) => (error = reason));
  await passUntil(() => error !== undefined, 4_000);
  expect(error?.rawMessage).toContain("no SETTINGS came in 3000 ms");
  expect(failed()).toMatchObject({ sent: "no", class: "NOT_SENT" });
});

it("does not ask who closes every connection at once again and again", async () => {
  const server = http2.createServer({ settings: { maxConcurrentStreams: 0 } });
  let connections = 0;
  server.on("session", (session) => {
    connections++;
    session.on("error", () => {}).on("remoteSettings", () => session.destroy());
  });
  const { client, failed } = clientOf(await serving(server));
  await failureOf(LEVELS.unknown(client));
  expect(failed()).toMatchObject({ sent: "no" });
  expect(connections).toBe(1);
});

it("hears of a bound of streams that is raised later", async () => {
  const server = http2.createServer({ settings: { maxConcurrentStreams: 0 } });
  const sessions: http2.ServerHttp2Session[] = [];
  server.on("session", (session) => {
    if (sessions.push(session.on("error", () => {})) > 1) {
      session.settings({ maxConcurrentStreams: 1 });
    }
  });
  let streams = 0;
  server.on("stream", (stream) => {
    streams++;
    stream.on("error", () => {}).resume();
  });
  const { client } = clientOf(await serving(server));
  const one = failureOf(LEVELS.unknown(client));
  await until(() => sessions.length === 1);
  sessions[0]?.settings({ maxConcurrentStreams: 1 });
  await until(() => streams === 1);
  // The connection is full now: others are made.
  const more = [failureOf(LEVELS.unknown(client)), failureOf(LEVELS.unknown(client))];
  await until(() => streams === 3);
  expect(sessions.length).toBeGreaterThan(1);
  client.close();
  await Promise.all([one, ...more]);
});

it("close() ends calls that wait for a connection", async () => {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    socket.resume();
  });
  const { client } = clientOf(await serving(server));
  const calls = [LEVELS.unknown(client), LEVELS.idempotent(client)].map(failureOf);
  await until(() => accepted > 0);
  client.close();
  const errors = await Promise.all(calls);
  expect(errors.map(({ rawMessage }) => rawMessage)).toEqual(
    Array(2).fill(expect.stringMatching(/^the client was closed: .* for a connection$/)),
  );
  expect(accepted).toBe(1);
});

it("a big upload that stands still fails no neighbor", async () => {
  const server = http2.createServer();
  let uploads = 0;
  server.on("stream", (stream, { "x-big": big }) => {
    stream.on("error", () => {});
    if (big === undefined) {
      stream.resume().respond({ ":status": 200, "content-type": "application/proto" });
      stream.end();
    } else {
      uploads++;
    }
  });
  const url = await serving(server);
  const { client } = clientOf(url);
  const big = "x".repeat(32 * 1_024 * 1_024);
  const upload = failureOf(
    client.threads.createThread({ title: big }, { headers: { "x-big": "1" } }),
  );
  await until(() => uploads > 0);
  for (let i = 0; i < 3; i++) {
    await LEVELS.unknown(client);
  }
  client.close();
  expect(await upload).toMatchObject({ origin: "client", reason: "CLIENT_CLOSED" });
});

// Connects, and what comes on the connections then, are of the SDK: it is the only client.
function clientSockets(): Socket[] {
  const sockets: Socket[] = [];
  const made = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
  subscribe("net.client.socket", made);
  onTestFinished(() => void unsubscribe("net.client.socket", made));
  return sockets;
}

it.each([
  ["end", (socket: Socket) => void socket.end()],
  ["error", (socket: Socket) => void socket.resetAndDestroy()],
])("takes no call from the %s of its socket on", async (event, breaks) => {
  const server = http2.createServer();
  const accepted: Socket[] = [];
  server.on("connection", (socket: Socket) => void accepted.push(socket));
  server.on("sessionError", () => {});
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/proto" });
    stream.end();
  });
  const url = await serving(server);
  const sockets = clientSockets();
  const { client } = clientOf(url);
  await LEVELS.unknown(client);
  const next = new Promise((resolve, reject) => {
    sockets[0]?.prependListener(event, () => void LEVELS.unknown(client).then(resolve, reject));
  });
  accepted.forEach(breaks);
  await next;
  expect(accepted).toHaveLength(2);
});

it("a head of many fields is an answer", async () => {
  const server = http2.createServer({ maxHeaderListPairs: 100_000 });
  const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, "1"]));
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/proto", ...fields });
    stream.end();
  });
  const { client } = clientOf(await serving(server));
  let told: Headers | undefined;
  await client.threads.createThread({ title: "t" }, { onHeader: (header) => (told = header) });
  expect(told?.get("x-999")).toBe("1");
});

// The process of a call that has no limit of time.
it.each([
  ["its first call", {}],
  ["a call that waits for a stream", { settings: { maxConcurrentStreams: 0 } }],
])("keeps the process for %s", async (_what, settings) => {
  vi.useRealTimers();
  const server = http2.createServer(settings);
  server.on("stream", (stream) => {
    setTimeout(() => {
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end();
    }, 200);
  });
  server.on("session", (session) => {
    setTimeout(() => session.settings({ maxConcurrentStreams: 1 }), 200);
  });
  const url = await serving(server);
  const program = `
    import { createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
    const client = createAmeideClient({ baseUrl: ${JSON.stringify(url)}, allowInsecureLoopback: true,
      httpVersion: "2", tenant: "acme", noDeadline: true, keepAlive: false });
    await client.threads.createThread({ title: "t" });
    console.log("answered");
  `;
  const args = ["--input-type=module", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PACKAGE });
  expect(stdout).toBe("answered\n");
});

it("an interceptor that fails while its request goes on is no failure of the connection", async () => {
  const server = http2.createServer();
  let asked = 0;
  server.on("stream", () => void asked++);
  const url = await serving(server);
  const interceptor: Interceptor = (next) => async (request) => {
    next(request).catch(() => {});
    await until(() => asked > 0);
    throw new Error("the audit failed");
  };
  const { client } = clientOf(url, { retry: { maxAttempts: 3 }, interceptors: [interceptor] });
  const error = await failureOf(LEVELS.no_side_effects(client));
  expect(error).toMatchObject({ origin: "client", retryable: false });
  expect(error.rawMessage).toContain("the audit failed");
  expect(asked).toBe(1);
});

it("connections that are let go end with their calls", async () => {
  const server = http2.createServer();
  let open = 0;
  server.on("session", (session) => {
    open++;
    session.once("close", () => void open--);
  });
  server.on("stream", (stream, { ":path": path }) => {
    if (path?.endsWith("/GetThread") === false) {
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end();
    }
  });
  const { client } = clientOf(await serving(server));
  const stays = new AbortController();
  const underWay = client.threads.getThread({ threadId: "t" }, { signal: stays.signal });
  const ended = failureOf(underWay);
  for (let age = 1; age <= 110; age++) {
    await LEVELS.unknown(client.with({ maxConnectionAgeMs: 1_000_000 + age }));
  }
  // 100 are kept, and one has a call.
  await until(() => open <= 101);
  expect(open).toBe(101);
  stays.abort();
  await ended;
  await until(() => open <= 100);
  expect(open).toBe(100);
});
