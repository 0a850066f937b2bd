import { createHash } from "node:crypto";
import { constants, type ClientHttp2Session } from "node:http2";
import { afterEach, expect, test } from "vitest";
import { type FaultServer, type Script, startFaultServer } from "../src/index.js";
import { ask1, ask2, session2 } from "./harness/clients.js";

let server: FaultServer;
let session: ClientHttp2Session;
afterEach(async () => {
  session?.destroy();
  await server.close();
});

async function start(script: Script): Promise<void> {
  server = await startFaultServer({ script });
  session = session2(server.url);
}

const closed = () =>
  new Promise<void>((resolve) => {
    if (session.destroyed) {
      resolve();
    }
    session.on("close", () => resolve());
  });

test("HTTP/1.1 and HTTP/2 share one port, and one script", async () => {
  await start({
    attempts: [
      { respond: { status: 200, body: { text: "a" } } },
      { respond: { status: 200, body: { text: "b" } } },
    ],
  });
  expect((await ask2(session)).body).toBe("a");
  expect((await ask1(server.url)).body).toBe("b");
  expect(server.requests.map((r) => r.httpVersion)).toEqual(["2", "1.1"]);
});

test("respond sends headers and trailers and nothing else", async () => {
  await start({
    attempts: [
      {
        respond: {
          status: 200,
          headers: [
            ["X-Two", "1"],
            ["content-type", "application/grpc"],
            ["X-Two", "2"],
          ],
          chunks: [{ text: "a" }, { text: "b", delayMs: 1 }],
          trailers: [["grpc-status", "14"]],
        },
      },
    ],
  });
  expect(await ask2(session)).toMatchObject({
    status: 200,
    headers: [":status", "200", "x-two", "1, 2", "content-type", "application/grpc"],
    body: "ab",
    trailers: ["grpc-status", "14"],
    rstCode: 0,
  });
});

test("trailers alone, without a body, come in a frame of their own", async () => {
  await start({
    attempts: [{ respond: { status: 200, trailers: [["grpc-status", "8"]] } }],
  });
  expect(await ask2(session)).toMatchObject({ trailers: ["grpc-status", "8"], endedByHead: false });
});

test("an answer without a body ends with its head (gRPC's trailers-only)", async () => {
  await start({
    attempts: [{ respond: { status: 200, headers: [["grpc-status", "14"]] } }],
  });
  expect(await ask2(session)).toMatchObject({ endedByHead: true, body: "", rstCode: 0 });
});

test.each([
  "REFUSED_STREAM",
  "CANCEL",
  "INTERNAL_ERROR",
  "ENHANCE_YOUR_CALM",
  "PROTOCOL_ERROR",
] as const)("rstStream %s, and the connection lives on", async (code) => {
  await start({ attempts: [{ rstStream: { code } }, { respond: { status: 204 } }] });
  const seen = await ask2(session, { body: "abc" });
  expect(seen).not.toHaveProperty("status");
  expect(seen.rstCode).toBe(constants[`NGHTTP2_${code}`]);
  expect((await ask2(session)).status).toBe(204);
  expect(server.connections).toBe(1);
  expect(server.requests[0]).toMatchObject({ read: "head", closedEarly: false });
});

test("rstStream after_read has read the body", async () => {
  await start({ attempts: [{ rstStream: { code: "INTERNAL_ERROR", at: "after_read" } }] });
  const body = "x".repeat(200_000);
  expect((await ask2(session, { body })).rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(server.requests[0]).toMatchObject({
    read: "body",
    bodySha256: createHash("sha256").update(body).digest("hex"),
  });
});

test("goaway before the stream: the client knows it was not processed", async () => {
  await start({ attempts: [{ goaway: { lastStream: "before" } }] });
  const goaway = new Promise((resolve) => {
    session.on("goaway", (code: number, last: number) => resolve({ code, last }));
  });
  const seen = await ask2(session, { body: "abc" });
  expect(await goaway).toEqual({ code: 0, last: 0 });
  expect(seen.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM);
  await closed();
});

test("goaway that covers the stream, with a code, then a reset", async () => {
  await start({
    attempts: [
      { respond: { status: 204 } },
      { goaway: { lastStream: "this", code: "ENHANCE_YOUR_CALM", at: "after_read", how: "reset" } },
    ],
  });
  await ask2(session);
  const goaway = new Promise((resolve) => {
    session.on("goaway", (code: number, last: number) => resolve({ code, last }));
  });
  const seen = await ask2(session);
  expect(await goaway).toEqual({ code: constants.NGHTTP2_ENHANCE_YOUR_CALM, last: 3 });
  expect(seen).not.toHaveProperty("status");
});

test("reset and fin, at each moment, end the connection", async () => {
  const moments = ["on_connect", "before_read", "after_head", "after_read"] as const;
  const attempts = moments.flatMap((at) => [{ reset: at }, { fin: at }]);
  server = await startFaultServer({ script: { attempts } });
  for (const action of attempts) {
    session = session2(server.url);
    let error: string | undefined;
    session.on("error", (reason: NodeJS.ErrnoException) => (error = reason.code));
    const seen = await ask2(session, { body: "abc" });
    expect(seen).not.toHaveProperty("status");
    await closed();
    expect(error).toBe("reset" in action ? "ECONNRESET" : undefined);
  }
  expect(server.requests.map((r) => r.read)).toEqual([
    "nothing",
    "nothing",
    "nothing",
    "nothing",
    "head",
    "head",
    "body",
    "body",
  ]);
});

test("stall after_head: other streams and PINGs are served, RST_STREAM is seen", async () => {
  await start({ attempts: [{ stall: "after_head" }, { respond: { status: 204 } }] });
  const controller = new AbortController();
  const stalled = ask2(session, { signal: controller.signal, body: "abc" });
  await server.until(() => server.requests.length === 1);
  expect((await ask2(session)).status).toBe(204);
  await new Promise((resolve) => session.ping(resolve));
  controller.abort();
  await stalled;
  await server.until(() => server.requests[0]?.closedEarly === true);
  expect(server.requests[0]?.resetCode).toBe(constants.NGHTTP2_CANCEL);
});

test("stall before_read silences the whole connection, PINGs included", async () => {
  await start({ attempts: [{ respond: { status: 204 } }, { stall: "before_read" }] });
  await ask2(session);
  const stalled = ask2(session);
  let ponged = false;
  session.ping(() => (ponged = true));
  await server.until(() => server.requests.length === 2);
  expect(server.requests[1]).toMatchObject({ read: "nothing", connection: 1 });
  await ask1(server.url);
  expect(ponged).toBe(false);
  session.destroy();
  await stalled;
  await server.until(() => server.requests[1]?.closedEarly === true);
  expect(server.requests[1]).not.toHaveProperty("resetCode");
});

test("silence stops other answers and PINGs, too; later connections are served", async () => {
  await start({
    attempts: [
      { respond: { status: 204, delayMs: 50 } },
      { silence: "after_read" },
      { respond: { status: 204 } },
    ],
  });
  const answers = [ask2(session), ask2(session, { body: "abc" })];
  await server.until(() => server.requests[1]?.read === "body");
  let seen = 0;
  session.ping(() => seen++);
  session.on("stream", () => seen++);
  await server.until(() => server.requests[0]?.finishedAtMs !== undefined);
  expect((await ask1(server.url)).status).toBe(204);
  expect(seen).toBe(0);
  session.destroy();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([undefined, undefined]);
  await server.until(() => server.requests[1]?.closedEarly === true);
});

test("maxConcurrentStreams is told", async () => {
  server = await startFaultServer({ maxConcurrentStreams: 3 });
  session = session2(server.url);
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  expect(session.remoteSettings.maxConcurrentStreams).toBe(3);
});

test.each([
  ["reset", "ECONNRESET"],
  ["fin", undefined],
  [{ rstStream: "INTERNAL_ERROR" }, "ERR_HTTP2_STREAM_ERROR"],
] as const)("cut half-way: %j", async (how, error) => {
  await start({
    attempts: [{ respond: { status: 200, body: { text: "1234" }, cut: { after: "half", how } } }],
  });
  const seen = await ask2(session);
  expect(seen).toMatchObject({ status: 200, body: "12" });
  expect(seen.error).toBe(error);
  expect(seen.rstCode).not.toBe(0);
});

test("cut after the head, and a stall after half of the body", async () => {
  await start({
    attempts: [
      { respond: { status: 200, cut: { after: "head", how: "reset" } } },
      { respond: { status: 200, body: { zeros: 4 }, cut: { after: "half", how: "stall" } } },
    ],
  });
  expect(await ask2(session)).toMatchObject({ status: 200, endedByHead: false, body: "" });
  session = session2(server.url);
  const stream = session.request({ ":method": "POST" }, { endStream: true });
  stream.on("error", () => {});
  const bytes = await new Promise<Buffer>((resolve) => stream.on("data", resolve));
  expect(bytes.length).toBe(2);
  expect(server.requests[1]).not.toHaveProperty("finishedAtMs");
  session.destroy();
  await server.until(() => server.requests[1]?.closedEarly === true);
});

test("closeAfter sends GOAWAY and still answers", async () => {
  await start({
    attempts: [{ respond: { status: 200, body: { text: "ok" }, closeAfter: true } }],
  });
  const goaway = new Promise((resolve) => session.on("goaway", resolve));
  expect(await ask2(session)).toMatchObject({ status: 200, body: "ok", rstCode: 0 });
  expect(await goaway).toBe(0);
  await closed();
});

test("large bodies keep to flow control", async () => {
  await start({ attempts: [{ respond: { status: 200, body: { zeros: 1_000_000 } } }] });
  expect((await ask2(session, { body: "x".repeat(1_000_000) })).body.length).toBe(1_000_000);
  expect(server.requests[0]?.bodyBytes).toBe(1_000_000);
});

test("requests are recorded as they are on the wire", async () => {
  await start({ otherwise: { respond: { status: 204 } } });
  await ask2(session, {
    path: "/acme.v1.Svc/Do?x=1",
    headers: { ":authority": "acme.test", "x-b": ["1", "2"], "x-a": "3", "grpc-timeout": "250m" },
  });
  expect(server.requests[0]).toMatchObject({
    httpVersion: "2",
    streamId: 1,
    method: "POST",
    path: "/acme.v1.Svc/Do?x=1",
    authority: "acme.test",
    headers: [
      ["x-b", "1"],
      ["x-b", "2"],
      ["x-a", "3"],
      ["grpc-timeout", "250m"],
    ],
    timeoutMs: 250,
    connection: 1,
    status: 204,
  });
});

test("what node:http2 refuses to send becomes a 500 that says so", async () => {
  await start({
    attempts: [{ respond: { status: 200, headers: [["connection", "close"]] } }],
  });
  expect(await ask2(session)).toMatchObject({
    status: 500,
    body: expect.stringContaining("connection"),
  });
});
