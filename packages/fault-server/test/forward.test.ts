import { createServer as createServer1 } from "node:http";
import { createServer as createServer2 } from "node:http2";
import { afterEach, expect, test } from "vitest";
import { type FaultServer, startFaultServer } from "../src/index.js";
import { ask1, ask2, rawUntil, session2 } from "./harness/clients.js";

const servers: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
  }
});

type Handler = (seen: { path: string; headers: string[]; body: string }) => string;

/** A real upstream that answers with what the handler makes of the request. */
async function upstream(version: "1.1" | "2", handler: Handler): Promise<string> {
  const listener: Parameters<typeof createServer2>[1] = (request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.setHeader("x-real", "yes");
      response.write(handler({ path: request.url, headers: request.rawHeaders, body }));
      response.addTrailers({ "grpc-status": "0" });
      response.end();
    });
  };
  const server =
    version === "2"
      ? createServer2(listener)
      : createServer1(listener as unknown as Parameters<typeof createServer1>[1]);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function start(options: Parameters<typeof startFaultServer>[0]): Promise<FaultServer> {
  const server = await startFaultServer(options);
  servers.unshift(server);
  return server;
}

test("forward passes headers and body on unchanged, and the answer back", async () => {
  let seen: unknown;
  const real = await upstream("1.1", (request) => {
    seen = request;
    return "done";
  });
  const server = await start({ upstream: real, script: { otherwise: { forward: {} } } });
  const headers = ["X-B", "1", "x-a", "2", "X-B", "3"];
  const answer = await ask1(server.url, { path: "/acme.v1.Svc/Do?x=1", headers, body: "hello" });
  expect(seen).toEqual({
    path: "/acme.v1.Svc/Do?x=1",
    headers: ["Host", "acme.test", "Connection", "keep-alive", "Content-Length", "5", ...headers],
    body: "hello",
  });
  expect(answer).toMatchObject({ status: 200, body: "done", trailers: ["grpc-status", "0"] });
  expect(answer.headers?.slice(0, 2)).toEqual(["x-real", "yes"]);
});

test("forward over HTTP/2 keeps the trailers", async () => {
  const real = await upstream("2", ({ body, headers }) => `${body} ${headers.includes("x-a")}`);
  const server = await start({ upstream: real, script: { otherwise: { forward: {} } } });
  const session = session2(server.url);
  expect(await ask2(session, { body: "hello", headers: { "x-a": "1" } })).toMatchObject({
    status: 200,
    body: "hello true",
    trailers: ["grpc-status", "0"],
    rstCode: 0,
  });
  session.destroy();
});

test("the upstream does its work and the answer is lost", async () => {
  let done = 0;
  const real = await upstream("1.1", () => `${++done}`);
  const server = await start({
    upstream: real,
    script: {
      attempts: [{ forward: { cut: { after: "nothing", how: "reset" } } }, { forward: {} }],
    },
  });
  expect(await ask1(server.url)).toEqual({ body: "", error: "ECONNRESET" });
  expect(done).toBe(1);
  expect((await ask1(server.url)).body).toBe("2");
});

test("the real answer stalls half-way", async () => {
  const real = await upstream("1.1", () => "12345678");
  const server = await start({
    upstream: real,
    script: { attempts: [{ forward: { cut: { after: "half", how: "stall" } } }] },
  });
  const socket = await rawUntil(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "1234");
  expect(server.requests[0]).toMatchObject({ status: 200, closedEarly: false });
  expect(server.requests[0]).not.toHaveProperty("finishedAtMs");
  socket.destroy();
  await server.until(() => server.requests[0]?.closedEarly === true);
});

test("an upstream that is not there is a 502 that says so", async () => {
  const server = await start({
    upstream: "http://127.0.0.1:1",
    script: { otherwise: { forward: {} } },
  });
  expect(await ask1(server.url)).toMatchObject({
    status: 502,
    body: expect.stringContaining("upstream http://127.0.0.1:1: connect ECONNREFUSED"),
  });
});
