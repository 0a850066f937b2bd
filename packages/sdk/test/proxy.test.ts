import { inspect } from "node:util";
import { createAuthority, startFaultServer } from "@ameideio/fault-server";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { proxyServer } from "./harness/proxy_server.js";
import { errorOf, t1, thrownBy } from "./harness/scripted_threads.js";
import { GOOD_ANSWER, HTTP_VERSIONS } from "./harness/socket_call.js";
import type { AmeideOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

afterEach(() => vi.unstubAllEnvs());

const AUTHORITY = createAuthority();
const CERTIFICATE = AUTHORITY.issue({ hosts: ["localhost", "127.0.0.1"] });
const SECRET = "s3cret word";

async function serve(secure = true) {
  const tls = secure ? { tls: CERTIFICATE } : {};
  const server = await startFaultServer({ ...tls, script: { otherwise: GOOD_ANSWER } });
  onTestFinished(() => server.close());
  return server;
}

function open(options: AmeideOptions) {
  const logged: unknown[] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const transport = createAmeideTransport({
    ...(options.baseUrl?.startsWith("https:") && { tls: { ca: AUTHORITY.cert } }),
    allowInsecureLoopback: true,
    tenant: "acme",
    telemetry: false,
    retry: { baseDelayMs: 1 },
    logger: { error: log, warn: log, info: log, debug: log },
    logLevel: "debug",
    ...options,
  });
  onTestFinished(() => transport.close());
  return { transport, threads: createClient(ThreadsService, transport), logged };
}

const INTERIM = "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n";
const withUser = (url: string) => url.replace("//", `//user:${encodeURIComponent(SECRET)}@`);

describe("over a proxy", () => {
  for (const httpVersion of HTTP_VERSIONS) {
    it.each([true, false])(`a tunnel, HTTP/${httpVersion}, TLS: %s`, async (secure) => {
      const server = await serve(secure);
      const proxy = await proxyServer();
      const { threads } = open({ baseUrl: server.url, httpVersion, proxy: withUser(proxy.url) });
      await threads.getThread(t1);
      await threads.getThread(t1);
      const authorization = `Basic ${Buffer.from(`user:${SECRET}`).toString("base64")}`;
      expect(proxy.asked).toEqual([{ to: `CONNECT 127.0.0.1:${server.port}`, authorization }]);
      const names = server.requests.flatMap(({ headers }) => headers.map(([name]) => name));
      expect(names.filter((name) => name.toLowerCase().startsWith("proxy-"))).toEqual([]);
      expect(server.requests.map((each) => each.httpVersion)).toEqual([httpVersion, httpVersion]);
    });
  }

  it("over TLS, whose certificate is looked at", async () => {
    const server = await serve();
    const proxy = await proxyServer({ tls: CERTIFICATE });
    await open({ baseUrl: server.url, proxy: proxy.url }).threads.getThread(t1);
    expect(proxy.asked).toHaveLength(1);
    const bad = await proxyServer({
      tls: createAuthority("other").issue({ hosts: ["127.0.0.1"] }),
    });
    const { threads } = open({ baseUrl: server.url, proxy: bad.url });
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "not_retryable", attempts: { length: 1 } });
    expect(bad.asked).toEqual([]);
  });

  it.each([
    ["407", "HTTP/1.1 407 s3cret word\r\n\r\n", "NEVER", 1, /answered 407: it wants a user and/],
    ["403", "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", "NEVER", 1, /answered 403/],
    ["502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "NOT_SENT", 4, /answered 502/],
    ["nonsense", "SSH-2.0\r\n\r\n", "NOT_SENT", 4, /did not answer in HTTP/],
    ["a switch", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "NOT_SENT", 4, /answered 101/],
    ["interim ones alone", INTERIM.repeat(11), "NOT_SENT", 4, /answered 103/],
    ["no end", "HTTP/1.1 200 OK\r\n".padEnd(40_000, "x"), "NOT_SENT", 4, /did not answer in HTTP/],
  ])("what it answers is told: %s", async (_what, answer, retryClass, attempts, text) => {
    const server = await serve();
    const proxy = await proxyServer({ answer });
    const { threads, transport, logged } = open({
      baseUrl: server.url,
      proxy: new URL(withUser(proxy.url)),
    });
    const error = await errorOf(threads.getThread(t1));
    expect(error.rawMessage).toMatch(text);
    expect(error.rawMessage).toContain(new URL(proxy.url).host);
    expect(error.attempts.map((each) => each.class)).toEqual(
      Array.from({ length: attempts }, () => retryClass),
    );
    expect(server.connections).toBe(0);
    const explained = transport.explain(ThreadsService.method.getThread);
    expect(explained.values.proxy).toEqual({
      value: new URL(proxy.url).host,
      source: "code: client",
    });
    const told = [error, error.cause, JSON.stringify(error), logged, explained, String(explained)];
    const all = inspect([told, transport], { depth: 20, showHidden: true });
    expect(all).not.toMatch(/s3cret|user:|proxy-authorization|dXNlcjpz/i);
  });

  it.each([1, 10])("answers before the answer are passed over: %d", async (times) => {
    const server = await serve();
    const proxy = await proxyServer({ before: INTERIM.repeat(times) });
    await open({ baseUrl: server.url, proxy: proxy.url }).threads.getThread(t1);
    expect(proxy.asked).toHaveLength(1);
  });

  it("that is away, or silent", async () => {
    const server = await serve();
    const proxy = await proxyServer({ answer: "" });
    const silent = open({
      baseUrl: server.url,
      proxy: proxy.url,
      connectTimeoutMs: 50,
      retry: false,
    });
    const error = await errorOf(silent.threads.getThread(t1));
    expect(error.rawMessage).toMatch(/\(connectTimeoutMs\): waited for/);
    expect(error.attempts[0]).toMatchObject({ class: "NOT_SENT" });
    const proxyAway = withUser("http://127.0.0.1:9");
    const away = open({ baseUrl: server.url, proxy: proxyAway, retry: false });
    const { rawMessage } = await errorOf(away.threads.getThread(t1));
    expect(rawMessage).toMatch(/^no connection to the proxy 127\.0\.0\.1:9: connect ECONNREFUSED/);
    expect(rawMessage).not.toMatch(/user|s3cret/);
  });

  it("elsewhere is none on the way to this machine", async () => {
    const server = await serve();
    const { threads } = open({ baseUrl: server.url, proxy: "http://proxy.invalid:3128" });
    await expect(threads.getThread(t1)).resolves.toBeDefined();
  });
});

describe("by the environment, as Node's own clients", () => {
  const on = { NODE_USE_ENV_PROXY: "1" };
  it.each<[string, Record<string, string>, boolean]>([
    ["upper case", { ...on, HTTPS_PROXY: "PROXY" }, true],
    ["lower case first", { ...on, https_proxy: "PROXY", HTTPS_PROXY: "http://127.0.0.1:9" }, true],
    ["NODE_OPTIONS", { NODE_OPTIONS: "--use-env-proxy", HTTPS_PROXY: "PROXY" }, true],
    ["not asked for", { HTTPS_PROXY: "PROXY" }, false],
    [
      "the flag says no",
      { ...on, NODE_OPTIONS: "--no-use-env-proxy", HTTPS_PROXY: "PROXY" },
      false,
    ],
    ["the other scheme's", { ...on, HTTP_PROXY: "PROXY" }, false],
    ["SOCKS", { ...on, HTTPS_PROXY: "socks5://127.0.0.1:9" }, false],
    ["exempt: all", { ...on, HTTPS_PROXY: "PROXY", NO_PROXY: "a.test, *" }, false],
    ["exempt: host", { ...on, HTTPS_PROXY: "PROXY", no_proxy: "127.0.0.1" }, false],
    ["exempt: port", { ...on, HTTPS_PROXY: "PROXY", NO_PROXY: "127.0.0.1:PORT" }, false],
    ["exempt: range", { ...on, HTTPS_PROXY: "PROXY", NO_PROXY: "127.0.0.0-127.0.0.9" }, false],
    [
      "not exempt",
      { ...on, HTTPS_PROXY: "PROXY", NO_PROXY: "127.0.0.2,.0.1.test,127.0.0.1:1" },
      true,
    ],
  ])("%s", async (_name, variables, proxied) => {
    const server = await serve();
    const proxy = await proxyServer();
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, value.replace("PROXY", proxy.url).replace("PORT", String(server.port)));
    }
    await open({ baseUrl: server.url }).threads.getThread(t1);
    expect(proxy.asked.length).toBe(proxied ? 1 : 0);
    await open({ baseUrl: server.url, proxy: null }).threads.getThread(t1);
    expect(proxy.asked.length).toBe(proxied ? 1 : 0);
  });

  it.each([
    [".example.test", "https://example.test", true],
    [".example.test", "https://api.example.test", true],
    ["*.example.test", "https://api.example.test", true],
    ["*.example.test", "https://example.test", false],
    [".example.test", "https://anexample.test", false],
    ["EXAMPLE.test", "https://example.test", true],
    ["example.test:443", "https://example.test", true],
    ["example.test:443", "https://example.test:444", false],
    [".", "https://example.test", false],
  ])("NO_PROXY=%s, %s", (list, baseUrl, exempt) => {
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    vi.stubEnv("HTTPS_PROXY", "http://user:s3cret@proxy.test:3128");
    vi.stubEnv("NO_PROXY", list);
    const { transport } = open({ baseUrl });
    const { proxy } = transport.explain(ThreadsService.method.getThread).values;
    expect(proxy?.value).toBe(exempt ? null : "proxy.test:3128");
    expect(proxy?.source).toBe(exempt ? "built-in (behavior 1)" : "environment: HTTPS_PROXY");
  });
});

describe("that is none", () => {
  it.each([
    ["proxy", "socks5://s3cret.test"],
    ["proxy", "http://proxy.test/s3cret"],
    ["proxy", "http://user:%zz@s3cret.test"],
    ["proxy", "s3cret"],
    ["proxy", 7],
    ["HTTPS_PROXY", "http://:s3cret@"],
  ])("%s %s is CONFIG_INVALID", (field, value) => {
    if (field !== "proxy") {
      vi.stubEnv("NODE_USE_ENV_PROXY", "1");
      vi.stubEnv(field, String(value));
    }
    const options = field === "proxy" ? { proxy: value as string } : {};
    const error = thrownBy(() =>
      createAmeideTransport({ baseUrl: "https://api.test", ...options }),
    );
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field }] });
    expect(inspect(error, { depth: 20 })).not.toContain("s3cret");
  });
});
