import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { createAuthority, startFaultServer } from "@ameideio/fault-server";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { GetThreadResponseSchema } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AmeideClient, createAmeideClient as createNodeClient } from "../src/client.js";
import { createAmeideClient } from "../src/client_web.js";
import { failureOf, LEVELS } from "./harness/scripted_call.js";
import { faultServer, GOOD_ANSWER } from "./harness/socket_call.js";
import type { AmeideOptions, FetchFunction, FetchInit } from "../src/index.js";
import { createMemoryHttpClient } from "../src/testing.js";

const BASE = { baseUrl: "https://api.example.com", tenant: "acme" } as const;
const PROTO = { headers: { "content-type": "application/proto" } };
const thread = (title: string) =>
  toBinary(GetThreadResponseSchema, create(GetThreadResponseSchema, { thread: { title } }));

function over(fetch: FetchFunction, options: AmeideOptions = {}): AmeideClient {
  return createAmeideClient({ ...BASE, retry: { maxAttempts: 1 }, ...options, fetch });
}

function compressed(bytes: Uint8Array | string, init: ResponseInit = PROTO): Response {
  const response = new Response(gzipSync(bytes), init);
  response.headers.set("content-encoding", "gzip");
  return response;
}

describe("fetchInit", () => {
  it("is told with every attempt, beside the request that is ours", async () => {
    const seen: RequestInit[] = [];
    const fetchInit = { credentials: "include", cache: "no-store", next: { tags: ["a"] } };
    const client = createAmeideClient({
      ...BASE,
      retry: { baseDelayMs: 1 },
      fetchInit: fetchInit as FetchInit,
      fetch: (_url, init) => {
        seen.push(init);
        const status = seen.length === 1 ? 503 : 200;
        return Promise.resolve(new Response(null, { ...PROTO, status }));
      },
    });
    await LEVELS.idempotent(client);
    expect(seen).toHaveLength(2);
    for (const init of seen) {
      expect(init).toMatchObject({ ...fetchInit, method: "POST", redirect: "manual" });
    }
  });

  it("goes with the client that states it, also a derived one", async () => {
    const seen: (string | undefined)[] = [];
    const fetch: FetchFunction = (_url, { credentials }) => {
      seen.push(credentials);
      return Promise.resolve(new Response(null, PROTO));
    };
    const client = over(fetch, { fetchInit: { credentials: "omit" } });
    await LEVELS.idempotent(client);
    await LEVELS.idempotent(client.with({ fetchInit: { credentials: "include" } }));
    await LEVELS.idempotent(client);
    expect(seen).toEqual(["omit", "include", "omit"]);
  });

  it.each(["method", "headers", "body", "redirect", "signal", "duplex"])("has no %s", (name) => {
    const make = () => createAmeideClient({ ...BASE, fetchInit: { [name]: "follow" } });
    expect(make).toThrow(`option fetchInit.${name}: is the request's own`);
  });

  it("is read as a whole when the client is made", () => {
    const fetchInit = {
      get mode(): "cors" {
        throw new Error("s3cret");
      },
    };
    const make = () => createAmeideClient({ ...BASE, fetchInit });
    expect(make).toThrow("option fetchInit: cannot be read: a getter or a proxy of it throws");
  });

  it("has no mode whose answers cannot be read", () => {
    const make = () => createAmeideClient({ ...BASE, fetchInit: { mode: "no-cors" } });
    expect(make).toThrow("option fetchInit.mode: must be cors or same-origin");
  });

  it.each<AmeideOptions>([{ fetchInit: {} }, { fetch: globalThis.fetch }])(
    "is for /web, and not for a transport of one's own: %j",
    (options) => {
      const [name] = Object.keys(options);
      expect(() => createNodeClient({ ...BASE, ...options })).toThrow(
        `option ${name}: is for /web`,
      );
      const transport = createMemoryHttpClient(() => {});
      expect(() => createAmeideClient({ ...BASE, ...options, transport })).toThrow(
        `option ${name}: excludes transport`,
      );
    },
  );
});

describe("a fetch of one's own", () => {
  const locked = new Response("a", PROTO);
  locked.body?.getReader();
  const opaque = Object.defineProperty(new Response(null), "type", { value: "opaque" });
  const text = new ReadableStream({ pull: (controller) => controller.enqueue("text") });

  const view = new DataView(new ArrayBuffer(8));
  const views = new ReadableStream({ pull: (controller) => controller.enqueue(view) });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an object", {}],
    ["a status alone", { status: 200 }],
    ["a Response that is being read", locked],
    ["an opaque Response", opaque],
    ["a body that is no stream", { status: 200, headers: new Headers(), body: "text" }],
    ["a body that is no bytes", { status: 200, headers: new Headers(PROTO.headers), body: text }],
    ["a body of views", { status: 200, headers: new Headers(PROTO.headers), body: views }],
  ])("that resolves with %s is a mistake, and not repeated", async (_, junk) => {
    let sent = 0;
    const client = over(
      () => {
        sent++;
        return Promise.resolve(junk as Response);
      },
      { retry: { maxAttempts: 3 } },
    );
    const error = await failureOf(LEVELS.no_side_effects(client));
    expect(error).toMatchObject({ origin: "client", stopReason: "not_retryable" });
    expect(error.rawMessage).toMatch(/^option fetch: must /);
    expect(sent).toBe(1);
  });

  it("that throws at once is a connection that failed", async () => {
    const client = over(() => {
      throw new Error("no network today");
    });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toMatchObject({ code: Code.Unavailable, origin: "transport" });
    expect(error.rawMessage).toBe("no network today (at api.example.com:443)");
    expect(error.attempts).toMatchObject([{ class: "AMBIGUOUS" }]);
  });

  it("that settles twice has settled once", async () => {
    const answer = new Promise<Response>((resolve, reject) => {
      resolve(new Response(null, PROTO));
      resolve(new Response("junk"));
      reject(new Error("late"));
    });
    await expect(LEVELS.idempotent(over(() => answer))).resolves.toBeDefined();
  });

  it("that followed a redirect is refused", async () => {
    const away = Object.defineProperty(new Response(null, PROTO), "redirected", { value: true });
    const error = await failureOf(LEVELS.idempotent(over(() => Promise.resolve(away))));
    expect(error).toMatchObject({ reason: "REDIRECT_REFUSED", origin: "client" });
    expect(error.attempts).toHaveLength(1);
  });

  it("that answers after the end of the call is not read", async () => {
    let left = false;
    let answer: (late: Response) => void = () => {};
    const client = over(() => new Promise((resolve) => (answer = resolve)));
    const failed = failureOf(LEVELS.idempotent(client, { timeoutMs: 20 }));
    expect(await failed).toMatchObject({ code: Code.DeadlineExceeded });
    answer(new Response(new ReadableStream({ cancel: () => void (left = true) }), PROTO));
    await new Promise((resolve) => setImmediate(resolve));
    expect(left).toBe(true);
  });
});

describe("a body that a fetch left compressed", () => {
  it("is decoded", async () => {
    const bytes = thread("x".repeat(5_000));
    const client = over(() => Promise.resolve(compressed(bytes)));
    const found = await client.threads.getThread({ threadId: "t" });
    expect(found.thread?.title).toHaveLength(5_000);
  });

  it("is told by its first bytes, in whatever pieces they come", async () => {
    const pieces = [...gzipSync(thread("hello"))].map((byte) => Uint8Array.of(byte));
    const body = new ReadableStream({
      pull(controller) {
        const next = pieces.shift();
        if (next === undefined) {
          controller.close();
        } else {
          controller.enqueue(next);
        }
      },
    });
    const response = new Response(body, PROTO);
    response.headers.set("content-encoding", "gzip");
    const client = over(() => Promise.resolve(response));
    const found = await client.threads.getThread({ threadId: "t" });
    expect(found.thread?.title).toBe("hello");
  });

  it("is decoded in errors", async () => {
    const json = JSON.stringify({ code: "failed_precondition", message: "not so" });
    const init = { status: 400, headers: { "content-type": "application/json" } };
    const error = await failureOf(
      LEVELS.idempotent(over(() => Promise.resolve(compressed(json, init)))),
    );
    expect(error).toMatchObject({ code: Code.FailedPrecondition, origin: "server" });
    expect(error.rawMessage).toBe("not so");
  });

  it("is decoded no further than the limit", async () => {
    const bomb = compressed(new Uint8Array(50_000_000));
    const client = over(() => Promise.resolve(bomb), { readMaxBytes: 1_000 });
    const error = await failureOf(LEVELS.idempotent(client));
    expect(error).toMatchObject({ code: Code.ResourceExhausted, origin: "client" });
  });

  it("is refused where the coding is none that fetch knows", async () => {
    const init = { headers: { ...PROTO.headers, "content-encoding": "compress" } };
    const error = await failureOf(
      LEVELS.idempotent(over(() => Promise.resolve(new Response("a", init)))),
    );
    expect(error).toMatchObject({ code: Code.Internal, origin: "client" });
  });
});

it("a page does not see a coding of another origin, but its length", async () => {
  const bytes = thread("hello");
  const init = { headers: { ...PROTO.headers, "content-length": String(bytes.length + 20) } };
  const response = Object.defineProperty(new Response(bytes, init), "type", { value: "cors" });
  const found = await over(() => Promise.resolve(response)).threads.getThread({ threadId: "t" });
  expect(found.thread?.title).toBe("hello");
});

it("a caller does not see the coding of what was decoded", async () => {
  const body = gzipSync(thread("hello")).toString("base64");
  const headers = [...Object.entries(PROTO.headers), ["content-encoding", "gzip"]] as const;
  const server = await faultServer({
    otherwise: { respond: { status: 200, headers, body: { base64: body } } },
  });
  const client = createAmeideClient({
    baseUrl: server.url,
    allowInsecureLoopback: true,
    tenant: "acme",
  });
  let seen = new Headers();
  const onHeader = (values: Headers) => void (seen = values);
  const found = await client.threads.getThread({ threadId: "t" }, { onHeader });
  expect(found.thread?.title).toBe("hello");
  expect([...seen.keys()]).not.toContain("content-encoding");
  expect([...seen.keys()]).not.toContain("content-length");
});

describe("what is told of a fetch that failed", () => {
  const told = async (reason: unknown) => {
    const error = await failureOf(LEVELS.unknown(over(() => Promise.reject(reason))));
    expect(JSON.stringify(error)).toContain(JSON.stringify(error.rawMessage).slice(1, -1));
    return error.rawMessage;
  };

  it.each<[string, unknown, string]>([
    [
      "causes",
      new TypeError("fetch failed", {
        cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
      }),
      "fetch failed: other side closed (UND_ERR_SOCKET) (at api.example.com:443)",
    ],
    [
      "what has a code alone",
      Object.assign(new Error(""), { code: "ConnectionRefused" }),
      "ConnectionRefused (at api.example.com:443)",
    ],
    [
      "addresses without secrets",
      new TypeError(
        "error sending request for url (https://me:pw@api.example.com:443/a.B/C?message=secret#x): reset",
      ),
      "error sending request for url (https://api.example.com/a.B/C): reset (at api.example.com:443)",
    ],
    ["control characters", "a\r\nb\u001b[31mc", "a b [31mc (at api.example.com:443)"],
    ["no reason at all", undefined, "the connection failed (at api.example.com:443)"],
  ])("%s", async (_, reason, message) => {
    expect(await told(reason)).toBe(message);
  });

  it("that a browser does not say why", async () => {
    expect(await told(new TypeError("Failed to fetch"))).toMatch(
      /^Failed to fetch: the browser does not say why: .*CORS.*\(at api\.example\.com:443\)$/,
    );
  });

  it("that Node.js does not know the authority, and what states it", async () => {
    const tls = createAuthority().issue({ hosts: ["localhost"] });
    const server = await startFaultServer({ tls, script: { otherwise: GOOD_ANSWER } });
    onTestFinished(() => server.close());
    const client = createAmeideClient({ ...BASE, baseUrl: server.url, retry: false });
    expect((await failureOf(LEVELS.unknown(client))).rawMessage).toContain(
      "(the certificate's authority is not known; state it by NODE_EXTRA_CA_CERTS)",
    );
  });

  it("no more than some of a long chain, and of one that has no end", async () => {
    const loop = new Error("again");
    loop.cause = loop;
    expect(await told(loop)).toBe("again (at api.example.com:443)");
    const many = new AggregateError(
      Array.from({ length: 10_000 }, (_, i) => new Error(`${i} ${"x".repeat(10_000)}`)),
    );
    expect((await told(many)).length).toBeLessThan(3_000);
    let nested = new Error("");
    for (let i = 0; i < 8; i++) {
      nested = new AggregateError(Array.from({ length: 8 }, () => nested));
    }
    expect(await told(nested)).toBe("the connection failed (at api.example.com:443)");
  });
});

it("a transport of one's own that says nothing of two refusals is told of by its cause", async () => {
  const refused = ["::1", "127.0.0.1"].map((at) => new Error(`connect ECONNREFUSED ${at}:9`));
  const transport: Transport = {
    unary: () =>
      Promise.reject(ConnectError.from(new AggregateError(refused, ""), Code.Unavailable)),
    stream: () => Promise.reject(new Error("not called")),
  };
  const client = createNodeClient({ ...BASE, retry: false, transport });
  const error = await failureOf(LEVELS.unknown(client));
  expect(error.rawMessage).toBe(
    "connect ECONNREFUSED ::1:9: connect ECONNREFUSED 127.0.0.1:9 (at api.example.com:443)",
  );
});

it("the runtime's own fetch is the one there is when a request is sent", async () => {
  const server = await faultServer({ otherwise: GOOD_ANSWER });
  const client = createAmeideClient({
    baseUrl: server.url,
    allowInsecureLoopback: true,
    tenant: "acme",
  });
  const own = globalThis.fetch;
  let calls = 0;
  globalThis.fetch = (...args) => {
    calls++;
    return own(...args);
  };
  try {
    await LEVELS.idempotent(client);
  } finally {
    globalThis.fetch = own;
  }
  expect(calls).toBe(1);
});
