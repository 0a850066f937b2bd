import * as http from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { createAuthority, type FaultTls, Listener, startFaultServer } from "@ameideio/fault-server";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it, onTestFinished } from "vitest";
import { errorOf, t1, thrownBy } from "./harness/scripted_threads.js";
import { Streams } from "./harness/stream_service.js";
import { GOOD_ANSWER } from "./harness/socket_call.js";
import { type AmeideOptions, type CallEvent, call } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

const AUTHORITY = createAuthority();
const CA = { ca: AUTHORITY.cert };
const SERVER = AUTHORITY.issue({ hosts: ["localhost", "a.localhost", "127.0.0.1"] });

async function serve(more: Partial<FaultTls> = {}, at: { port?: number; host?: string } = {}) {
  const server = await startFaultServer({
    ...at,
    tls: { ...SERVER, ...more },
    script: { otherwise: GOOD_ANSWER },
  });
  onTestFinished(() => server.close());
  return server;
}

function open(options: AmeideOptions) {
  const events: CallEvent[] = [];
  const transport = createAmeideTransport({
    tls: CA,
    tenant: "acme",
    telemetry: false,
    observer: (event) => void events.push(event),
    retry: { baseDelayMs: 1 },
    ...options,
  });
  onTestFinished(() => transport.close());
  const threads = createClient(ThreadsService, transport);
  const attempts = () => events.filter(({ type }) => type === "attempt_started").length;
  return { transport, threads, attempts, events };
}

async function* none(): AsyncGenerator<{ text: string }> {}

function clientCertificate(name: string) {
  const { cert, key } = AUTHORITY.issue({ hosts: [name] });
  return { ...CA, certificate: cert, key };
}

describe("the HTTP version that the server picks", () => {
  it.each([["h2"], ["http/1.1"]])("the connection that told serves the call: %s", async (name) => {
    const server = await serve({ alpn: [name] });
    const { threads, attempts } = open({ baseUrl: server.url });
    await threads.getThread(t1);
    await threads.getThread(t1);
    expect({ connections: server.connections, attempts: attempts() }).toEqual({
      connections: 1,
      attempts: 2,
    });
  });

  it("callers share the connection that tells", async () => {
    const server = await serve();
    const { threads } = open({ baseUrl: server.url });
    await Promise.all(Array.from({ length: 20 }, () => threads.getThread(t1)));
    expect(server.connections).toBe(1);
  });

  it("a later connection resumes the session of TLS", async () => {
    const resumed: boolean[] = [];
    const server = createTlsServer(SERVER, (socket) => {
      resumed.push(socket.isSessionReused());
      // An answer each time, and no connection is kept.
      socket.once("data", () =>
        socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
      );
    });
    await new Promise<void>((done) => server.listen(0, "localhost", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const baseUrl = `https://localhost:${port}`;
    const fixed = open({ baseUrl, retry: false }).threads;
    await errorOf(fixed.getThread(t1));
    await errorOf(fixed.getThread(t1));
    // Material that may rotate is shown anew each time.
    const rotating = open({ baseUrl, retry: false, tls: () => CA }).threads;
    await errorOf(rotating.getThread(t1));
    await errorOf(rotating.getThread(t1));
    expect(resumed).toEqual([false, true, false, false]);
  });

  it("is revised within an attempt when the server has changed", async () => {
    const first = await serve();
    const { port } = first;
    const { threads, events } = open({ baseUrl: first.url });
    const versions: (string | undefined)[] = [];
    for (const alpn of [["h2"], ["http/1.1"], ["h2"], []]) {
      await first.close();
      const server = await serve({ alpn }, { port });
      await threads.getThread(t1);
      await Promise.all([1, 2, 3].map(() => threads.getThread(t1)));
      versions.push(...new Set(server.requests.map(({ httpVersion }) => httpVersion)));
      await server.close();
    }
    expect(versions).toEqual(["2", "1.1", "2", "1.1"]);
    const failed = events.map((event) => ("message" in event ? event.message : ""));
    expect(failed.filter((message) => message?.includes("HTTP version"))).toEqual([]);
  });

  it("is looked for again by a bidi stream, which HTTP/1.1 has not", async () => {
    const first = await serve({ alpn: ["http/1.1"] });
    const { port } = first;
    const { transport } = open({ baseUrl: first.url, retry: false });
    const streams = createClient(Streams, transport);
    const bidi = async () => {
      for await (const _ of streams.talk(none())) {
        // Nothing comes.
      }
    };
    expect(await errorOf(bidi())).toMatchObject({ reason: "STREAMING_UNSUPPORTED" });
    await first.close();
    const second = await serve({ alpn: ["h2"] }, { port });
    await errorOf(bidi());
    expect(second.requests).toMatchObject([{ httpVersion: "2" }]);
  });

  it("a connection that nobody takes is closed", async () => {
    let give = (_tls: object) => {};
    const gate = new Promise<object>((resolve) => (give = resolve));
    const server = await serve({ alpn: ["http/1.1"] });
    const { threads } = open({ baseUrl: server.url, tls: () => gate });
    const controller = new AbortController();
    const left = errorOf(threads.getThread(t1, { signal: controller.signal }));
    controller.abort();
    await left;
    give(CA);
    await server.until(() => server.connections === 1);
    await expect(server.until(() => server.openSockets() === 0)).resolves.toBeUndefined();
  });
});

describe("settings that do not fit", () => {
  it("names http on a port that is asked for https", async () => {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { threads } = open({ baseUrl: `https://127.0.0.1:${port}` });
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "not_retryable", retryable: false });
    expect(error.rawMessage).toContain("does not speak TLS on this port");
    expect(error.explanation).toContain("client and server are configured incompatibly");
  });

  it.each([
    ["by hand", { httpVersion: "2" }, /HTTP\/2, as httpVersion asks; leave the option out/],
    ["for gRPC", { protocol: "grpc" }, /HTTP\/2, which gRPC needs; take protocol connect/],
  ] as const)("names the option that asks for HTTP/2 %s", async (_how, options, text) => {
    for (const alpn of [["http/1.1"], []]) {
      const server = await serve({ alpn });
      const error = await errorOf(open({ baseUrl: server.url, ...options }).threads.getThread(t1));
      expect(error.rawMessage).toMatch(text);
      expect(error.attempts).toHaveLength(1);
    }
    const plain = http.createServer();
    await new Promise<void>((done) => plain.listen(0, "127.0.0.1", done));
    onTestFinished(() => void plain.close());
    const { port } = plain.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}`;
    const { threads } = open({ baseUrl, allowInsecureLoopback: true, tls: {}, ...options });
    const error = await errorOf(threads.getThread(t1));
    expect(error.rawMessage).toMatch(text);
    expect(error.attempts).toHaveLength(1);
  });
});

describe("what may be the reason is told", () => {
  it.each([["1.1"], ["2"]] as const)("http to a server of TLS, HTTP/%s", async (httpVersion) => {
    const server = await serve();
    const baseUrl = server.url.replace("https:", "http:");
    const options = { allowInsecureLoopback: true, tls: {}, httpVersion, retry: false } as const;
    const error = await errorOf(open({ baseUrl, ...options }).threads.getThread(t1));
    expect(error.rawMessage).toMatch(/speaks? TLS(?:[;,] | \()use https/);
  });

  it("https to a server that hangs up", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { threads } = open({ baseUrl: `https://127.0.0.1:${port}`, retry: false });
    const error = await errorOf(threads.getThread(t1));
    expect(error.rawMessage).toContain("may not speak TLS on this port; is it http?");
    expect(error.attempts[0]).toMatchObject({ class: "NOT_SENT" });
  });

  it("an authority that is not known", async () => {
    const server = await serve();
    const { threads } = open({ baseUrl: server.url, tls: {} });
    const { rawMessage } = await errorOf(threads.getThread(t1));
    expect(rawMessage).toContain("state it by tls.ca or NODE_EXTRA_CA_CERTS");
    const { threads: known } = open({ baseUrl: server.url.replace("localhost", "127.0.0.1") });
    await expect(known.getThread(t1)).resolves.toBeDefined();
  });

  // Answers over HTTP/1.1, or hangs up after the handshake.
  async function hangingUp(alpn: string) {
    const state = { hangsUp: true };
    const answer = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    const server = createTlsServer({ ...SERVER, ALPNProtocols: [alpn] }, (socket) => {
      if (state.hangsUp) {
        socket.destroy();
      } else {
        socket.once("data", () => socket.end(answer));
      }
    });
    await new Promise<void>((done) => server.listen(0, "localhost", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return { state, baseUrl: `https://localhost:${port}` };
  }
  const WANTS_ONE = "right after the TLS handshake; does it want a client certificate";

  it.each(["http/1.1", "h2"])("a server that hangs up after the handshake: %s", async (alpn) => {
    const { baseUrl } = await hangingUp(alpn);
    const error = await errorOf(open({ baseUrl, retry: false }).threads.getThread(t1));
    expect(error.rawMessage).toContain(WANTS_ONE);
    expect(error.retryable).toBe(true);
  });

  it("control: one that has answered wants no certificate", async () => {
    const { baseUrl, state } = await hangingUp("http/1.1");
    const { threads } = open({ baseUrl, retry: false });
    state.hangsUp = false;
    await errorOf(threads.getThread(t1));
    state.hangsUp = true;
    expect((await errorOf(threads.getThread(t1))).rawMessage).not.toContain(WANTS_ONE);
  });
});

describe("addresses", () => {
  it("localhost is this machine, and so is every name below it", async () => {
    const server = await serve();
    const { threads } = open({ baseUrl: `https://a.localhost:${server.port}` });
    await expect(threads.getThread(t1)).resolves.toBeDefined();
  });

  it("tells of all addresses that failed", async () => {
    const listener = new Listener("127.0.0.1", 0, () => {});
    onTestFinished(() => listener.dispose());
    await listener.open();
    await listener.close();
    const { port } = listener;
    const url = `https://localhost:${port}`;
    for (const httpVersion of ["1.1", "2"] as const) {
      const { threads } = open({ baseUrl: url, httpVersion });
      const error = await errorOf(threads.getThread(t1));
      expect(error.rawMessage).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
      expect(error.rawMessage).toMatch(/connect \w+ ::1:/);
    }
  });
});

describe("tls that is a function", () => {
  it("is asked for each connection, so that certificates rotate", async () => {
    const first = await serve({ clientAuthority: AUTHORITY.cert });
    let asked = 0;
    const tls = () => Promise.resolve(clientCertificate(`client${++asked}.test`));
    const { threads } = open({ baseUrl: first.url, tls });
    await threads.getThread(t1);
    await threads.getThread(t1);
    expect(asked).toBe(1);
    await first.close();
    await serve({ clientAuthority: AUTHORITY.cert }, { port: first.port });
    await threads.getThread(t1);
    expect(asked).toBe(2);
  });

  it("that throws is a failure where nothing was sent", async () => {
    const server = await serve();
    let asked = 0;
    const tls = () => {
      if (++asked === 1) {
        throw new Error("the agent is away");
      }
      return CA;
    };
    const { threads, events } = open({ baseUrl: server.url, tls });
    await threads.createThread({});
    const failed = events.find(({ type }) => type === "attempt_failed");
    expect(failed).toMatchObject({ class: "NOT_SENT", sent: "no" });
    expect(failed).toHaveProperty("message", expect.stringContaining("the agent is away"));
  });

  it("is told without credentials when it throws", async () => {
    const { key } = clientCertificate("client.test");
    const tls = () => {
      throw new Error(`GET https://vault.test/pki?a=s3cret failed, client_secret=s3cret: ${key}`);
    };
    const { threads, events } = open({ baseUrl: "https://localhost:9", tls, retry: false });
    const error = await errorOf(threads.getThread(t1));
    expect(error.rawMessage).toContain("the option tls, which is a function, failed: GET");
    const parts = key.split(/\W+/).filter((part) => part.length > 5 && part !== "PRIVATE");
    const told = [error.message, error.stack, JSON.stringify([error, events])].join();
    expect(told).not.toMatch(/s3cret/);
    expect(parts.filter((part) => told.includes(part))).toEqual([]);
  });

  it("is looked at again where it gives an object that has changed", async () => {
    const server = await serve({ alpn: ["http/1.1"] });
    const given: { ca: string } = { ...CA };
    const { threads } = open({ baseUrl: server.url, tls: () => given, retry: false });
    await threads.getThread(t1);
    given.ca = createAuthority().cert;
    // The connection that is kept serves no two at once.
    const both = await Promise.allSettled([threads.getThread(t1), threads.getThread(t1)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it.each<[string, unknown]>([
    ["a path", { ca: "/etc/ssl/s3cret.pem" }],
    ["nothing", undefined],
    ["a misspelt member", { certifcate: "s3cret" }],
    [
      "a getter that throws",
      {
        get ca() {
          throw new Error("s3cret");
        },
      },
    ],
  ])("that gives %s is CONFIG_INVALID", async (_what, given) => {
    const server = await serve();
    const tls = (() => given) as () => object;
    const { threads, attempts } = open({ baseUrl: server.url, tls });
    const error = await errorOf(threads.getThread(t1));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect(attempts()).toBe(1);
  });

  it("has connectTimeoutMs, and a caller who leaves takes it from nobody", async () => {
    const server = await serve();
    let give = (_tls: object) => {};
    const gate = new Promise<object>((resolve) => (give = resolve));
    const { threads, transport } = open({ baseUrl: server.url, tls: () => gate });
    const controller = new AbortController();
    const leaves = errorOf(threads.getThread(t1, { signal: controller.signal }));
    const stays = threads.getThread(t1);
    controller.abort();
    await leaves;
    const hasty = createClient(ThreadsService, transport.with({ connectTimeoutMs: 20 }));
    const error = await errorOf(hasty.getThread(t1, call({ retry: false })));
    expect(error.rawMessage).toMatch(/20 ms \(connectTimeoutMs\): waited for the option tls/);
    expect(error.attempts[0]).toMatchObject({ class: "NOT_SENT" });
    give(CA);
    await stays;
    expect(server.connections).toBe(1);
  });
});

describe("TLS material is looked at when the client is made", () => {
  const { certificate, key } = clientCertificate("client.test");
  const other = clientCertificate("other.test");
  it.each<[string, object, RegExp]>([
    ["tls.ca", { ca: "/etc/ssl/s3cret.pem" }, /must be PEM; where it is the path of a file, read/],
    ["tls.certificate", { certificate: "./s3cret.pem", key }, /must be PEM/],
    ["tls.key", { certificate, key: "./s3cret.pem" }, /must be PEM/],
    ["tls.certificate", { certificate }, /needs tls.key beside it/],
    ["tls.key", { key }, /needs tls.certificate beside it/],
    ["tls.key", { certificate, key: other.key }, /is not the key of tls.certificate/],
    [
      "tls.key",
      { certificate, key: "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----" },
      /cannot be read/,
    ],
    [
      "tls.ca",
      { ca: "-----BEGIN CERTIFICATE-----\nczNjcmV0\n-----END CERTIFICATE-----" },
      /cannot be read/,
    ],
  ])("%s: %#", (field, tls, rule) => {
    const error = thrownBy(() => createAmeideTransport({ baseUrl: "https://api.test", tls }));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field }] });
    expect((error as Error).message).toMatch(rule);
    expect(`${String(error)}${JSON.stringify(error)}`).not.toMatch(/s3cret|czNjcmV0/);
  });

  it("control: bytes, a chain, and an authority", () => {
    const bytes = new TextEncoder().encode(`${certificate}${AUTHORITY.cert}`);
    const tls = { ca: `# ours\n${AUTHORITY.cert}`, certificate: bytes, key };
    expect(() => createAmeideTransport({ baseUrl: "https://api.test", tls })).not.toThrow();
  });
});

it("material that a caller changes later is nobody's option", async () => {
  const server = await serve({ alpn: ["http/1.1"] });
  const tls = { ...CA };
  const { threads } = open({ baseUrl: server.url, tls, retry: false });
  tls.ca = createAuthority().cert;
  await threads.getThread(t1);
  const { threads: later } = open({ baseUrl: server.url, tls, retry: false });
  expect(await errorOf(later.getThread(t1))).toMatchObject({ retryable: false });
});

it("clients with other certificates share no connection, with equal ones they do", async () => {
  const server = await serve({ clientAuthority: AUTHORITY.cert });
  const one = clientCertificate("one.test");
  const { transport } = open({ baseUrl: server.url, tls: one });
  const get = (tls: NonNullable<AmeideOptions["tls"]>) =>
    createClient(ThreadsService, transport.with({ tls })).getThread(t1);
  const source = () => one;
  const counts: number[] = [];
  for (const tls of [one, { ...one }, clientCertificate("two.test"), source, source, () => one]) {
    await get(tls);
    counts.push(server.connections);
  }
  expect(counts).toEqual([1, 1, 2, 3, 3, 4]);
});

it("explain says how connections are made", () => {
  const { getThread } = ThreadsService.method;
  const { transport } = open({ baseUrl: "https://api.test", connectTimeoutMs: 1_500 });
  const { values } = transport.explain(getThread);
  expect(values.connectTimeoutMs).toEqual({ value: 1_500, source: "code: client" });
  expect(values.httpVersion).toEqual({ value: "negotiated", source: "built-in (behavior 1)" });
  expect(values.proxy).toEqual({ value: null, source: "built-in (behavior 1)" });
});
