import { Agent } from "node:http";
import { afterEach, expect, test } from "vitest";
import { type FaultServer, type RecordedRequest, startFaultServer } from "../src/index.js";
import { ask1, ask2, raw, session2 } from "./harness/clients.js";

let server: FaultServer;
afterEach(() => server?.close());

const say = (text: string) => ({ respond: { status: 200, body: { text } } });

test("scripts mounted under a prefix are isolated from each other", async () => {
  server = await startFaultServer({ script: { otherwise: say("own") } });
  const one = server.mount("case-1", { attempts: [say("1a"), say("1b")] });
  const two = server.mount("case-2", { attempts: [say("2a")] });
  expect(one.url).toBe(`${server.url}/case-1`);
  const bodies = await Promise.all([
    ask1(one.url, { path: "/acme.v1.Svc/Do?x" }),
    ask1(two.url),
    ask1(server.url, { path: "/case-3/x" }),
  ]);
  expect(bodies.map((b) => b.body)).toEqual(["1a", "2a", "own"]);
  expect((await ask1(one.url)).body).toBe("1b");
  expect(one.requests.map((r) => [r.index, r.path])).toEqual([
    [0, "/acme.v1.Svc/Do?x"],
    [1, "/"],
  ]);
  expect(one.requests[1]).toHaveProperty("gapMs");
  expect(two.requests[0]).not.toHaveProperty("gapMs");
  expect(server.requests.length).toBe(4);
  server.unmount("case-1");
  expect((await ask1(one.url)).body).toBe("own");
});

test("a mounted script works the same over HTTP/2", async () => {
  server = await startFaultServer();
  server.mount("c", { attempts: [say("hi")] });
  const session = session2(server.url);
  expect((await ask2(session, { path: "/c/acme.v1.Svc/Do" })).body).toBe("hi");
  expect(server.requests[0]).toMatchObject({ script: "c", path: "/acme.v1.Svc/Do" });
  session.destroy();
});

test("routes count for themselves", async () => {
  server = await startFaultServer({
    script: { attempts: [say("a")], routes: { "/token": { attempts: [say("t1")] } } },
  });
  expect((await ask1(server.url, { path: "/token?x=1" })).body).toBe("t1");
  expect((await ask1(server.url, { path: "/other" })).body).toBe("a");
  expect(server.requests).toMatchObject([
    { index: 0, route: "/token" },
    { index: 0, path: "/other" },
  ]);
});

test("an exhausted script answers 500 and says so", async () => {
  server = await startFaultServer({ script: { attempts: [say("a")] } });
  await ask1(server.url);
  expect(await ask1(server.url)).toMatchObject({
    status: 500,
    headers: expect.arrayContaining(["x-fault-server", "script exhausted"]),
  });
  expect(server.requests[1]).toMatchObject({ index: 1, action: "exhausted" });
});

test("refuse: the port is closed until open(), and keeps its number", async () => {
  server = await startFaultServer({ script: { attempts: [{ refuse: {} }, say("up")] } });
  for (let i = 0; i < 3; i++) {
    expect((await ask1(server.url)).error).toBe("ECONNREFUSED");
  }
  const { url } = server;
  await server.open();
  expect(server.url).toBe(url);
  expect((await ask1(url)).body).toBe("up");
  expect(server.requests.map((r) => r.index)).toEqual([1]);
});

test("refuse between attempts: the answer before it closes the kept-alive connection", async () => {
  server = await startFaultServer({
    script: { attempts: [say("a"), { refuse: { forMs: 300 } }, say("b")] },
  });
  const agent = new Agent({ keepAlive: true });
  const session = session2(server.url);
  await new Promise((resolve) => session.ping(resolve));
  const goaway = new Promise((resolve) => session.on("close", resolve));
  expect((await ask1(server.url, { agent })).body).toBe("a");
  expect((await ask1(server.url, { agent })).error).toBe("ECONNREFUSED");
  await goaway;
  const before = performance.now();
  let seen = await ask1(server.url, { agent });
  while (seen.error === "ECONNREFUSED" && performance.now() - before < 10_000) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    seen = await ask1(server.url, { agent });
  }
  expect(seen.body).toBe("b");
  agent.destroy();
});

test("reset() starts over", async () => {
  server = await startFaultServer({ script: { attempts: [{ refuse: {} }] } });
  await server.reset({ attempts: [say("again")] });
  expect((await ask1(server.url)).body).toBe("again");
  await server.reset({ attempts: [say("anew")] });
  expect(server.requests).toEqual([]);
  expect((await ask1(server.url)).body).toBe("anew");
  expect(server.requests[0]).toMatchObject({ index: 0 });
});

test("onRequest sees each request as its action begins", async () => {
  const seen: RecordedRequest[] = [];
  server = await startFaultServer({
    script: { attempts: [{ reset: "on_connect" }, say("a")] },
    onRequest: (request) => seen.push({ ...request }),
  });
  await raw(server.port, "");
  await ask1(server.url);
  expect(seen.map((r) => [r.index, r.read, r.finishedAtMs])).toEqual([
    [0, "nothing", undefined],
    [1, "head", undefined],
  ]);
});

test("open sockets are counted, and close() leaves none, whatever hangs", async () => {
  server = await startFaultServer({ script: { otherwise: { stall: "after_read" } } });
  const session = session2(server.url);
  const hanging = [ask1(server.url), ask1(server.url), ask2(session)];
  await server.until(() => server.requests.length === 3);
  expect(server.openSockets()).toBe(3);
  const waiting = server.until(() => false).catch((reason: Error) => reason.message);
  await server.close();
  expect(await waiting).toContain("closed while waiting");
  expect(server.openSockets()).toBe(0);
  const [first, second, third] = await Promise.all(hanging);
  expect([first?.error, second?.error]).toEqual(["ECONNRESET", "ECONNRESET"]);
  expect(third).not.toHaveProperty("status");
  expect(server.requests.map((r) => r.closedEarly)).toEqual([false, false, false]);
  expect((await ask1(server.url)).error).toBe("ECONNREFUSED");
});

test("a port in use is one clear line", async () => {
  server = await startFaultServer();
  await expect(startFaultServer({ port: server.port })).rejects.toThrow(
    `fault server: 127.0.0.1:${server.port} is in use; choose another port, or 0 for a free one`,
  );
});

test("what acts before the path is known cannot share a port", async () => {
  server = await startFaultServer({ script: { attempts: [{ reset: "before_read" }] } });
  expect(() => server.mount("x", { otherwise: say("a") })).toThrow("no other script can be added");
  await server.reset({ otherwise: say("a") });
  expect(() => server.mount("x", { attempts: [{ stall: "on_connect" }] })).toThrow(
    "script.attempts[0]: acts before the path is known",
  );
  expect(() => server.mount("a/b", { otherwise: say("a") })).toThrow("id: must be");
});

test("upstream must be a plain http origin", async () => {
  await expect(startFaultServer({ upstream: "localhost:1" })).rejects.toThrow("http://host:port");
});
