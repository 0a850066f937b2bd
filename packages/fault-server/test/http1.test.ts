import { createHash } from "node:crypto";
import { Agent } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type FaultServer, type Script, startFaultServer } from "../src/index.js";
import { ask1, raw, rawUntil } from "./harness/clients.js";

let server: FaultServer;
afterEach(() => server.close());

async function start(script: Script): Promise<void> {
  server = await startFaultServer({ script });
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("respond sends status, headers in order and case, and nothing else but framing", async () => {
  await start({
    attempts: [
      {
        respond: {
          status: 503,
          headers: [
            ["X-Two", "1"],
            ["content-Type", "text/html"],
            ["X-Two", "2"],
          ],
          body: { text: "<h1>é</h1>" },
        },
      },
    ],
  });
  expect(await ask1(server.url)).toMatchObject({
    status: 503,
    headers: ["X-Two", "1", "content-Type", "text/html", "X-Two", "2", "content-length", "11"],
    body: Buffer.from("<h1>é</h1>").toString("latin1"),
  });
});

test("respond with trailers and chunks is chunked, with the pieces as given", async () => {
  await start({
    attempts: [
      {
        respond: {
          status: 200,
          chunks: [
            { text: "ab" },
            { base64: "Y2Rl", delayMs: 1 },
            { json: { f: 1 } },
            { zeros: 1 },
          ],
          trailers: [["Grpc-Status", "14"]],
          closeAfter: true,
        },
      },
    ],
  });
  const { text } = await raw(server.port, GET);
  expect(text).toBe(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n" +
      '2\r\nab\r\n3\r\ncde\r\n7\r\n{"f":1}\r\n1\r\n\0\r\n0\r\nGrpc-Status: 14\r\n\r\n',
  );
});

test("delays hold the head and the chunks back", async () => {
  await start({
    attempts: [{ respond: { status: 200, delayMs: 30, chunks: [{ text: "a", delayMs: 30 }] } }],
  });
  const before = performance.now();
  expect(await ask1(server.url)).toMatchObject({ status: 200, body: "a" });
  expect(performance.now() - before).toBeGreaterThanOrEqual(58);
});

test("a redirect is an ordinary answer", async () => {
  await start({
    otherwise: { respond: { status: 307, headers: [["location", "http://acme.test/"]] } },
  });
  expect(await ask1(server.url)).toMatchObject({
    status: 307,
    headers: ["location", "http://acme.test/", "content-length", "0"],
  });
});

test("reset after_read: the request was recorded whole, the client sees ECONNRESET", async () => {
  await start({ attempts: [{ reset: "after_read" }] });
  const body = Buffer.alloc(300_000, 7);
  expect(await ask1(server.url, { body })).toEqual({ body: "", error: "ECONNRESET" });
  expect(server.requests[0]).toMatchObject({
    read: "body",
    bodyBytes: 300_000,
    bodySha256: createHash("sha256").update(body).digest("hex"),
    closedEarly: false,
  });
});

test("reset after_head leaves the body unread", async () => {
  await start({ attempts: [{ reset: "after_head" }] });
  expect((await ask1(server.url, { body: "abc" })).error).toBe("ECONNRESET");
  expect(server.requests[0]).toMatchObject({ read: "head", method: "POST", bodyBytes: 0 });
});

test("reset before_read looks at nothing, on new and on reused connections", async () => {
  await start({
    attempts: [{ reset: "before_read" }, { respond: { status: 200 } }, { reset: "before_read" }],
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await ask1(server.url, { agent })).error).toBe("ECONNRESET");
  expect((await ask1(server.url, { agent })).status).toBe(200);
  expect((await ask1(server.url, { agent })).error).toBe("ECONNRESET");
  agent.destroy();
  expect(server.requests.map((r) => [r.index, r.read, r.method, r.connection])).toEqual([
    [0, "nothing", "", 1],
    [1, "body", "POST", 2],
    [2, "nothing", "", 2],
  ]);
});

test("reset on_connect needs no byte; the answer before it closes its connection", async () => {
  await start({ attempts: [{ respond: { status: 200 } }, { reset: "on_connect" }] });
  const agent = new Agent({ keepAlive: true });
  const first = await ask1(server.url, { agent });
  expect(first.headers).toContain("connection");
  expect(await raw(server.port, "")).toEqual({ text: "", error: "ECONNRESET" });
  agent.destroy();
  expect(server.requests[1]).toMatchObject({ index: 1, read: "nothing", connection: 2 });
});

test("fin closes in good order, at each moment", async () => {
  const moments = ["on_connect", "before_read", "after_head", "after_read"] as const;
  await start({ attempts: moments.map((fin) => ({ fin })) });
  for (const _ of moments) {
    expect(await raw(server.port, GET)).toEqual({ text: "" });
  }
  expect(server.requests.map((r) => r.read)).toEqual(["nothing", "nothing", "head", "body"]);
});

test("stall never answers and sees the client hang up, at each moment", async () => {
  const moments = ["on_connect", "before_read", "after_head", "after_read"] as const;
  await start({ attempts: moments.map((stall) => ({ stall })) });
  for (const [i] of moments.entries()) {
    const controller = new AbortController();
    const asked = ask1(server.url, { signal: controller.signal, body: "abc" });
    await server.until(() => server.requests.length > i);
    controller.abort();
    expect(await asked).toEqual({ body: "", error: "ABORT_ERR" });
    await server.until(() => server.requests[i]?.closedEarly === true);
  }
  await server.until(() => server.openSockets() === 0);
});

test("a server that stalls after_head holds a large upload back", async () => {
  await start({ attempts: [{ stall: "after_head" }] });
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  socket.write("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
  socket.write(Buffer.alloc(50_000_000));
  await server.until(() => server.requests.length === 1);
  expect(socket.writableLength).toBeGreaterThan(0);
  socket.destroy();
});

test("cut: the declared length stands, half of the body comes, then a reset", async () => {
  await start({
    attempts: [
      { respond: { status: 200, body: { text: "12345" }, cut: { after: "half", how: "reset" } } },
    ],
  });
  expect(await ask1(server.url)).toEqual({
    status: 200,
    headers: ["content-length", "5"],
    body: "12",
    error: "ECONNRESET",
  });
});

test("cut: head alone, then FIN", async () => {
  await start({
    attempts: [
      { respond: { status: 200, body: { text: "12345" }, cut: { after: "head", how: "fin" } } },
    ],
  });
  expect(await raw(server.port, GET)).toEqual({
    text: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
  });
});

test("cut: nothing of the answer gets out", async () => {
  await start({
    attempts: [{ respond: { status: 200, cut: { after: "nothing", how: "reset" } } }],
  });
  expect(await raw(server.port, GET)).toEqual({ text: "", error: "ECONNRESET" });
  expect(server.requests[0]).toMatchObject({ read: "body" });
  expect(server.requests[0]).not.toHaveProperty("status");
});

test("cut: inside a chunk, and a chunked body that never ends", async () => {
  const respond = { status: 200, chunks: [{ text: "abc" }, { text: "def" }] };
  await start({
    attempts: [
      { respond: { ...respond, cut: { after: 4, how: "fin" } } },
      { respond: { ...respond, cut: { after: 6, how: "fin" } } },
    ],
  });
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  expect((await raw(server.port, GET)).text).toBe(`${head}3\r\nabc\r\n3\r\nd`);
  expect((await raw(server.port, GET)).text).toBe(`${head}3\r\nabc\r\n3\r\ndef\r\n`);
});

test("cut: a stall half-way through the body", async () => {
  await start({
    attempts: [
      { respond: { status: 200, body: { text: "1234" }, cut: { after: "half", how: "stall" } } },
    ],
  });
  const socket = await rawUntil(server.port, GET, "\r\n\r\n12");
  expect(server.requests[0]).toMatchObject({ status: 200, closedEarly: false });
  expect(server.requests[0]).not.toHaveProperty("finishedAtMs");
  socket.destroy();
  await server.until(() => server.requests[0]?.closedEarly === true);
});

test("framing given in the headers is sent as given, true or not", async () => {
  await start({
    attempts: [
      { respond: { status: 200, headers: [["Content-Length", "9"]], body: { text: "abc" } } },
    ],
  });
  expect(await raw(server.port, GET)).toEqual({
    text: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
  });
});

test("early answers without reading the body, and closes", async () => {
  await start({ attempts: [{ respond: { status: 413, early: true } }] });
  const { text } = await raw(server.port, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123");
  expect(text).toBe(
    "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  );
  expect(server.requests[0]).toMatchObject({ read: "head", status: 413 });
});

test("requests are recorded as they are on the wire", async () => {
  await start({ otherwise: { respond: { status: 200 } } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = ["X-B", "1", "x-a", "2", "X-B", "3", "Connect-Timeout-Ms", "1500"];
  await ask1(server.url, { agent, headers, path: "/acme.v1.Svc/Do?q=%20", body: "hi" });
  await ask1(server.url, { agent });
  agent.destroy();
  const [first, second] = server.requests;
  expect(first).toMatchObject({
    script: "",
    index: 0,
    httpVersion: "1.1",
    method: "POST",
    path: "/acme.v1.Svc/Do?q=%20",
    authority: "acme.test",
    headers: [
      ["Host", "acme.test"],
      ["Connection", "keep-alive"],
      ["Content-Length", "2"],
      ["X-B", "1"],
      ["x-a", "2"],
      ["X-B", "3"],
      ["Connect-Timeout-Ms", "1500"],
    ],
    timeoutMs: 1500,
    bodyBytes: 2,
    bodySha256: createHash("sha256").update("hi").digest("hex"),
    status: 200,
    action: { respond: { status: 200 } },
  });
  expect(first).not.toHaveProperty("gapMs");
  expect(second?.connection).toBe(first?.connection);
  expect(second?.gapMs).toBeCloseTo((second?.receivedAtMs ?? 0) - (first?.receivedAtMs ?? 0));
});

test("chunked requests, 100-continue, HEAD and pipelining are served", async () => {
  await start({ otherwise: { respond: { status: 200, body: { text: "ok" } } } });
  const { text } = await raw(
    server.port,
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n" +
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n" +
      "HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n",
  );
  const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n";
  expect(text).toBe(
    `HTTP/1.1 100 Continue\r\n\r\n${ok}\r\nokHTTP/1.1 200 OK\r\n\r\n${ok}connection: close\r\n\r\nok`,
  );
  expect(server.requests[0]?.bodySha256).toBe(createHash("sha256").update("abcde").digest("hex"));
});

test("a request may come byte by byte", async () => {
  await start({ otherwise: { respond: { status: 204, closeAfter: true } } });
  const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  const ended = new Promise((resolve) => socket.on("end", resolve));
  for (const byte of "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  expect(text).toBe("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
  expect(server.requests[0]).toMatchObject({ read: "body", bodyBytes: 1 });
});

test("what is not HTTP/1.1 gets a 400", async () => {
  await start({ otherwise: { respond: { status: 200 } } });
  expect((await raw(server.port, "hello there\r\n\r\n")).text).toMatch(/^HTTP\/1.1 400 /);
  const { text } = await raw(server.port, "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
  expect(text).toMatch(/^HTTP\/1.1 400 [^]*content-length x/);
});

test("HTTP/2 faults on HTTP/1.1 say so", async () => {
  await start({
    attempts: [
      { rstStream: { code: "CANCEL" } },
      { goaway: { lastStream: "this" } },
      { respond: { status: 200, cut: { after: "head", how: { rstStream: "CANCEL" } } } },
    ],
  });
  for (let i = 0; i < 3; i++) {
    expect(await ask1(server.url)).toMatchObject({
      status: 500,
      body: expect.stringContaining("needs HTTP/2"),
    });
  }
});
