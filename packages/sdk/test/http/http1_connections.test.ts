import * as http from "node:http";
import * as net from "node:net";
import { Worker } from "node:worker_threads";
import { Code, createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { envelope } from "../harness/scripted_stream.js";
import { Streams } from "../harness/stream_service.js";
import type { AmeideError, AmeideOptions, CallEvent, Logger } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";

type Respond = (request: http.IncomingMessage, response: http.ServerResponse) => void;

// An HTTP/1.1 server of this test, and how many connections it has had.
async function serve(respond: Respond) {
  const server = http.createServer(respond);
  // It closes nothing, and says nothing of it, as nginx does.
  server.keepAliveTimeout = 0;
  const sockets = new Set<net.Socket>();
  const seen = { made: 0, most: 0 };
  server.on("connection", (socket) => {
    sockets.add(socket);
    seen.made++;
    seen.most = Math.max(seen.most, sockets.size);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return { port, seen, sockets, baseUrl: `http://127.0.0.1:${port}` };
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  return (server.address() as net.AddressInfo).port;
}

function transport(baseUrl: string, options: AmeideOptions = {}) {
  const made = createAmeideTransport({
    baseUrl,
    allowInsecureLoopback: true,
    tenant: "acme",
    telemetry: false,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}

function client(baseUrl: string, options?: AmeideOptions) {
  return createClient(ThreadsService, transport(baseUrl, options));
}

const type = { "content-type": "application/proto" };
const good: Respond = (request, response) => {
  request.resume().on("end", () => response.writeHead(200, type).end());
};
const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call came about"),
    (error: AmeideError) => error,
  );

// A server that answers when it is told to.
async function serveHeld() {
  const held: http.ServerResponse[] = [];
  const server = await serve((request, response) => {
    request.resume();
    response.writeHead(200, type);
    held.push(response);
  });
  return {
    ...server,
    held,
    until: (count: number) => vi.waitFor(() => expect(held).toHaveLength(count)),
  };
}

describe("an idle connection", () => {
  it.each([
    ["timeout=1", 2],
    ["max=5, timeout=1", 2],
    ["Timeout=1", 2],
    ["timeout=0", 2],
    ["timeout=60", 1],
    ["max=1", 1],
    ["timeout=soon", 1],
  ])("of a server that says keep-alive: %s", async (hint, made) => {
    const { baseUrl, seen } = await serve((request, response) => {
      response.setHeader("keep-alive", hint);
      good(request, response);
    });
    const threads = client(baseUrl);
    await threads.getThread({ threadId: "t1" });
    await threads.getThread({ threadId: "t1" });
    expect(seen.made).toBe(made);
  });

  it("is closed before the 5 s of many servers, which do not say so", async () => {
    const { baseUrl, sockets } = await serve(good);
    await client(baseUrl).getThread({ threadId: "t1" });
    // It is the client that closes it: this server never does.
    await vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 20_000 });
  }, 30_000);

  it("on which something is said is used no more: it would be taken for an answer", async () => {
    const { baseUrl, seen, sockets } = await serve(good);
    const threads = client(baseUrl);
    await threads.getThread({ threadId: "t1" });
    const [socket] = sockets;
    socket?.write("HTTP/1.1 500 Stray\r\ncontent-length: 0\r\n\r\n");
    await vi.waitFor(() => expect(sockets.size).toBe(0));
    await threads.getThread({ threadId: "t1" });
    expect(seen.made).toBe(2);
  });

  it("that the server closed unseen is not written to", async () => {
    const closed = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(CLOSES_WHAT_IS_IDLE, { eval: true, workerData: closed });
    onTestFinished(async () => void (await worker.terminate()));
    const port = await new Promise<number>((tell) => worker.once("message", tell));
    const events: CallEvent[] = [];
    const threads = client(`http://127.0.0.1:${port}`, {
      retry: false,
      observer: (event) => void events.push(event),
    });
    await threads.getThread({ threadId: "t1" });
    // Nothing that comes is seen meanwhile.
    Atomics.wait(closed, 0, 0);
    await threads.createThread({ title: "a" });
    expect(events.filter(({ type: each }) => each === "attempt_failed")).toEqual([]);
  });
});

const CLOSES_WHAT_IS_IDLE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const server = require("node:http").createServer((request, response) => {
    request.resume();
    const { socket } = request;
    response.writeHead(200, { "content-type": "application/proto" }).end();
    setTimeout(() => socket.end(() => {
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    }), 1_200).unref();
  });
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

describe("a kept connection that breaks", () => {
  it.each([
    ["before the answer", (response: http.ServerResponse) => void response],
    ["in the answer", (response: http.ServerResponse) => response.write("a")],
  ])("%s takes those that are idle along", async (_, begin) => {
    let asked = 0;
    const { baseUrl, seen, sockets } = await serve((request, response) => {
      asked++;
      if (asked !== 4) {
        good(request, response);
        return;
      }
      response.writeHead(200, { ...type, "content-length": 2 });
      begin(response);
      setTimeout(() => request.socket.destroy(), 50);
    });
    const threads = client(baseUrl, { retry: { baseDelayMs: 1 } });
    const warm = () => threads.getThread({ threadId: "t1" });
    await Promise.all([warm(), warm(), warm()]);
    expect(seen.made).toBe(3);
    await warm();
    expect([asked, seen.made]).toEqual([5, 4]);
    await vi.waitFor(() => expect(sockets.size).toBe(1));
  });
});

describe("a way that is dead", () => {
  // Connections through it can be silenced; new ones work.
  async function relayTo(port: number) {
    const pairs = new Set<{ dead: boolean; ends: net.Socket[] }>();
    const relay = net.createServer((socket) => {
      const other = net.connect(port, "127.0.0.1");
      const pair = { dead: false, ends: [socket, other] };
      pairs.add(pair);
      const pass = (from: net.Socket, to: net.Socket) => {
        from.on("data", (bytes) => pair.dead || to.write(bytes));
        from.on("error", () => {});
        from.on("close", () => pair.dead || to.destroy());
      };
      pass(socket, other);
      pass(other, socket);
    });
    const relayPort = await listen(relay);
    onTestFinished(() => {
      relay.close();
      pairs.forEach(({ ends }) => ends.forEach((end) => end.destroy()));
    });
    const silence = () => pairs.forEach((pair) => (pair.dead = true));
    return { baseUrl: `http://127.0.0.1:${relayPort}`, silence };
  }

  async function silenced() {
    const { port, seen } = await serveHints(60);
    const { baseUrl, silence } = await relayTo(port);
    const threads = client(baseUrl, { retry: false });
    const warm = () => threads.getThread({ threadId: "t1" });
    await Promise.all([warm(), warm(), warm()]);
    expect(seen.made).toBe(3);
    silence();
    return { threads, seen };
  }

  const serveHints = (seconds: number) =>
    serve((request, response) => {
      response.setHeader("keep-alive", `timeout=${seconds}`);
      good(request, response);
    });

  it("is told by one attempt for all connections that were idle", async () => {
    const { threads, seen } = await silenced();
    const error = await failure(threads.getThread({ threadId: "t1" }, { timeoutMs: 150 }));
    expect(error.message).toContain("deadline");
    await threads.getThread({ threadId: "t1" });
    expect(seen.made).toBe(4);
  });

  it("is not told by a caller who cancels", async () => {
    const { threads } = await silenced();
    await failure(threads.getThread({ threadId: "t1" }, { signal: AbortSignal.abort() }));
    const controller = new AbortController();
    const canceled = failure(threads.getThread({ threadId: "t1" }, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    await canceled;
    const error = await failure(threads.getThread({ threadId: "t1" }, { timeoutMs: 150 }));
    expect(error.message).toContain("had waited");
  });
});

describe("maxConnections", () => {
  it("bounds the connections to an origin; calls beyond wait in order", async () => {
    const { baseUrl, seen, held, until } = await serveHeld();
    const threads = client(baseUrl, { maxConnections: 2 });
    const order: number[] = [];
    const calls = [1, 2, 3, 4, 5].map((i) =>
      threads.getThread({ threadId: `t${i}` }).then(() => order.push(i)),
    );
    for (let i = 0; i < 5; i++) {
      await until(Math.min(i + 2, 5));
      held[i]?.end();
      await vi.waitFor(() => expect(order).toHaveLength(i + 1));
    }
    await Promise.all(calls);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(seen).toEqual({ made: 2, most: 2 });
  });

  it("holds for a retry, whose new connection takes the place of an idle one", async () => {
    const { baseUrl, seen, sockets, held, until } = await serveHeld();
    const calls: Promise<unknown>[] = [];
    const threads = client(baseUrl, {
      maxConnections: 2,
      retry: { baseDelayMs: 1 },
      observer: ({ type: each }) => {
        if (each === "attempt_failed") {
          calls.push(threads.getThread({ threadId: "t3" }));
        }
      },
    });
    calls.push(threads.getThread({ threadId: "t1" }));
    await until(1);
    calls.push(threads.getThread({ threadId: "t2" }));
    await until(2);
    held[0]?.socket?.resetAndDestroy();
    await until(3);
    held[1]?.end();
    await until(4);
    expect(seen.made).toBe(4);
    await vi.waitFor(() => expect(sockets.size).toBe(2));
    held.forEach((response) => response.end());
    await Promise.all(calls);
  });

  it("is of a client: one derived with another has connections of its own", async () => {
    const { baseUrl, until, held } = await serveHeld();
    const first = transport(baseUrl, { maxConnections: 1 });
    const get = (of: typeof first) => createClient(ThreadsService, of).getThread({});
    const calls = [get(first), get(first.with({ maxConnections: 2 }))];
    await until(2);
    held.forEach((response) => response.end());
    expect(await Promise.all(calls)).toHaveLength(2);
  });

  it("a call that has waited to its deadline says so, and has left the queue", async () => {
    const { baseUrl, until, held } = await serveHeld();
    const events: CallEvent[] = [];
    const threads = client(baseUrl, {
      maxConnections: 1,
      observer: (event) => void events.push(event),
    });
    const first = threads.getThread({});
    await until(1);
    const [late, canceled] = [new AbortController(), new AbortController()];
    const waiting = [
      failure(threads.getThread({}, { timeoutMs: 50 })),
      failure(threads.getThread({}, { signal: canceled.signal })),
      failure(threads.getThread({}, { signal: late.signal })),
    ];
    const last = threads.getThread({});
    canceled.abort();
    const [error] = await Promise.all(waiting.slice(0, 2));
    expect(error?.message).toMatch(
      /deadline of 50 ms expired .*: attempt 1 had waited \d+ ms for a connection to be free \(nothing was sent\)/,
    );
    late.abort();
    await waiting[2];
    held[0]?.end();
    await until(2);
    held[1]?.end();
    await Promise.all([first, last]);
  });

  it("close() ends those who wait", async () => {
    const { baseUrl, until } = await serveHeld();
    const made = transport(baseUrl, { maxConnections: 1 });
    const threads = createClient(ThreadsService, made);
    const calls = [failure(threads.getThread({})), failure(threads.getThread({}))];
    await until(1);
    made.close();
    for (const { reason } of await Promise.all(calls)) {
      expect(reason).toBe("CLIENT_CLOSED");
    }
  });
});

describe("a full pool", () => {
  function logger() {
    const lines: [string, Record<string, unknown>][] = [];
    const warn = (...line: [string, Record<string, unknown>]) => void lines.push(line);
    const none = () => {};
    return { lines, logger: { warn, error: none, info: none, debug: none } satisfies Logger };
  }

  it("is told once, with the number that waits", async () => {
    const { baseUrl, until, held } = await serveHeld();
    const { lines, logger: log } = logger();
    const threads = client(baseUrl, { maxConnections: 1, logger: log });
    for (let round = 0; round < 2; round++) {
      const calls = [1, 2, 3].map(() => threads.getThread({}));
      for (let i = 0; i < 3; i++) {
        await until(round * 3 + i + 1);
        held.at(-1)?.end();
      }
      await Promise.all(calls);
    }
    const text = `ameide all 1 connections to ${baseUrl} are in use: 2 calls wait for one (maxConnections)`;
    expect(lines).toEqual([[text, { origin: baseUrl, maxConnections: 1, waiting: 2 }]]);
  });

  it("is not told where warnings are not wanted, and a logger that throws breaks nothing", async () => {
    const { baseUrl, until, held } = await serveHeld();
    const { lines, logger: log } = logger();
    const throwing = {
      ...log,
      warn: () => {
        throw new Error("no");
      },
    };
    const options = { maxConnections: 1, logger: log, logLevel: "error" } as const;
    for (const each of [options, { maxConnections: 1, logger: throwing }]) {
      const threads = client(baseUrl, each);
      const before = held.length;
      const calls = [threads.getThread({}), threads.getThread({})];
      for (let i = 0; i < 2; i++) {
        await until(before + i + 1);
        held.at(-1)?.end();
      }
      await Promise.all(calls);
    }
    expect(lines).toEqual([]);
  });
});

describe("a connection is free again after", () => {
  const reset: Respond = (request) => request.socket.resetAndDestroy();
  const switched: Respond = ({ socket }) =>
    void socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    );
  const huge: Respond = (request, response) =>
    void request.resume().on("end", () => response.writeHead(200, type).end("a".repeat(2_000)));
  const silent: Respond = () => {};

  it.each<[string, Respond, number?]>([
    ["a reset", reset],
    ["a 101", switched],
    ["an answer that is too large", huge],
    ["a deadline", silent, 50],
  ])("%s", async (_name, respond, timeoutMs = 10_000) => {
    let answer = respond;
    const { baseUrl } = await serve((request, response) => answer(request, response));
    const threads = client(baseUrl, { maxConnections: 1, retry: false, readMaxBytes: 1_000 });
    await failure(threads.getThread({ threadId: "t1" }, { timeoutMs }));
    answer = good;
    const next = threads.getThread({ threadId: "t1" }, { timeoutMs: 10_000 });
    await expect(next).resolves.toBeDefined();
  });

  it("a connect that is refused", async () => {
    const { port } = await serve(good);
    const closed = net.createServer();
    const free = await listen(closed);
    await new Promise((done) => closed.close(done));
    const made = transport(`http://127.0.0.1:${free}`, { maxConnections: 1, retry: false });
    const threads = createClient(ThreadsService, made);
    for (let i = 0; i < 3; i++) {
      const error = await failure(threads.getThread({}, { timeoutMs: 5_000 }));
      expect(error.message).toContain("ECONNREFUSED");
    }
    expect(port).not.toBe(free);
  });

  it("an answer that came while the request was being sent", async () => {
    const { baseUrl } = await serve((request, response) => {
      response.writeHead(200, { "content-type": "application/connect+proto" });
      const message = envelope(0, new Uint8Array());
      const end = envelope(2, new TextEncoder().encode("{}"));
      response.end(Buffer.concat([message, end]));
      request.resume();
    });
    const streams = createClient(Streams, transport(baseUrl, { maxConnections: 1 }));
    async function* endless() {
      yield { text: "a" };
      await new Promise(() => {});
    }
    for (let i = 0; i < 3; i++) {
      expect((await streams.join(endless(), { timeoutMs: 5_000 })).text).toBe("");
    }
  });

  it("a stream that was left", async () => {
    const { baseUrl } = await serve((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/connect+proto" });
      response.write(envelope(0, new Uint8Array()));
    });
    const made = transport(baseUrl, { maxConnections: 1 });
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      const left = createClient(Streams, made).count({}, { signal: controller.signal });
      const first = await left[Symbol.asyncIterator]().next();
      expect(first.done).toBe(false);
      controller.abort();
    }
  });
});

it.each(["101 Switching Protocols", "000 none"])("%s is no answer", async (status) => {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`));
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const error = await failure(client(`http://127.0.0.1:${port}`, { retry: false }).getThread({}));
  expect(error).toMatchObject({
    code: Code.Unavailable,
    origin: "transport",
    httpStatus: undefined,
  });
});
