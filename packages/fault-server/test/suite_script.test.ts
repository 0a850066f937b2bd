import {
  Break,
  Certificate,
  ConformanceResponseSchema,
  ListItemsResponseSchema,
  ScriptSchema,
} from "@ameideio/conformance-proto";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@ameideio/conformance-proto/google/rpc";
import {
  create,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toJson,
} from "@bufbuild/protobuf";
import { connect } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import {
  createAuthority,
  type FaultServer,
  needsOwnServer,
  startFaultServer,
  suiteTls,
  toFaultScript,
} from "../src/index.js";
import { ask1, ask2, session2 } from "./harness/clients.js";

const BINARY = { format: "binary", protocol: "connect" } as const;
const JSON_FORMAT = { format: "json", protocol: "connect" } as const;

let server: FaultServer;
afterEach(() => server?.close());

/** A script of a case, in protobuf JSON. */
function suite(json: JsonValue) {
  return fromJson(ScriptSchema, json);
}

async function start(json: JsonValue, encoding: typeof BINARY | typeof JSON_FORMAT = BINARY) {
  server = await startFaultServer({ script: toFaultScript(suite(json), encoding) });
}

/** The error of the Connect protocol that a script's only answer sends. */
async function errorOf(error: JsonValue) {
  await start({ answers: [{ error }] });
  const { status, headers, body } = await ask1(server.url);
  expect(headers?.slice(0, 2)).toEqual(["content-type", "application/json"]);
  return { status, ...(JSON.parse(Buffer.from(body, "latin1").toString()) as object) };
}

describe("answers", () => {
  test.each([BINARY, JSON_FORMAT])("ok and page are messages in $format", async (encoding) => {
    const page = { items: ["é", "b"], next_page_token: "n" };
    await start({ answers: [{ ok: "hi" }, { page }], otherwise: { ok: "" } }, encoding);
    const binary = encoding.format === "binary";
    const ok = await ask1(server.url);
    const list = await ask1(server.url);
    const empty = await ask1(server.url);
    for (const { status, headers } of [ok, list, empty]) {
      const type = binary ? "application/proto" : "application/json";
      expect([status, ...(headers ?? [])].slice(0, 3)).toEqual([200, "content-type", type]);
    }
    const bytes = (text: string) => Buffer.from(text, "latin1");
    const read = <D extends typeof ConformanceResponseSchema | typeof ListItemsResponseSchema>(
      desc: D,
      { body }: { body: string },
    ) =>
      binary ? fromBinary(desc, bytes(body)) : fromJson(desc, JSON.parse(bytes(body).toString()));
    expect(read(ConformanceResponseSchema, ok)).toMatchObject({ text: "hi" });
    expect(read(ListItemsResponseSchema, list)).toMatchObject({
      items: ["é", "b"],
      nextPageToken: "n",
    });
    expect(read(ConformanceResponseSchema, empty)).toMatchObject({ text: "" });
  });

  test("headers and trailers are added, trailers as the protocol has them", async () => {
    const added = {
      headers: [{ name: "x-a", value: "1" }],
      trailers: [{ name: "x-t", value: "2" }],
    };
    await start({
      answers: [
        { ok: "hi", ...added },
        { error: { code: "internal" }, ...added },
        { http: { status: 200, content_type: "text/plain", body: "hi" }, ...added },
      ],
    });
    for (const type of ["application/proto", "application/json"]) {
      const { headers, trailers } = await ask1(server.url);
      expect(headers?.slice(0, 6)).toEqual(["content-type", type, "x-a", "1", "trailer-x-t", "2"]);
      expect(trailers).toEqual([]);
    }
    expect(await ask1(server.url)).toMatchObject({ body: "hi", trailers: ["x-t", "2"] });
  });

  test("{port} in a header stands for the server's port", async () => {
    const location = { name: "location", value: "http://127.0.0.1:{port}/elsewhere" };
    const script = suite({ answers: [{ http: { status: 307 }, headers: [location] }] });
    server = await startFaultServer();
    const { port } = server;
    await server.reset(toFaultScript(script, { ...BINARY, port }));
    const { headers } = await ask1(server.url);
    expect(headers?.slice(0, 2)).toEqual(["location", `http://127.0.0.1:${port}/elsewhere`]);
    expect(() => toFaultScript(script, BINARY)).toThrow("script.answers[0]: names {port}");
  });

  test("http is raw", async () => {
    await start({
      answers: [
        { http: { status: 503, content_type: "text/html", body: "<h1>" } },
        { http: { status: 200, body_bytes: "gICA" } },
        { http: { status: 200, body_zeros: "70000" } },
        { http: { status: 204 } },
      ],
    });
    expect(await ask1(server.url)).toMatchObject({ status: 503, body: "<h1>" });
    const garbage = await ask1(server.url);
    expect(garbage.body).toBe("\x80\x80\x80");
    expect(garbage.headers).not.toContain("content-type");
    expect((await ask1(server.url)).body).toBe("\0".repeat(70_000));
    expect(await ask1(server.url)).toMatchObject({ status: 204, body: "" });
  });

  test("later requests get what comes otherwise, or are recorded as exhausted", async () => {
    await start({ answers: [{ ok: "1" }] });
    await ask1(server.url);
    await ask1(server.url);
    expect(server.requests.map(({ action }) => action)).toEqual([expect.anything(), "exhausted"]);
  });

  test("the time before an answer is kept", () => {
    const script = suite({ answers: [{ ok: "", delay_ms: "20" }, { ok: "" }] });
    const [late, prompt] = toFaultScript(script, BINARY).attempts ?? [];
    expect(late).toMatchObject({ respond: { delayMs: 20 } });
    expect(prompt).not.toHaveProperty("respond.delayMs");
  });
});

describe("errors", () => {
  test.each(
    Object.entries({
      canceled: 499,
      unknown: 500,
      invalid_argument: 400,
      deadline_exceeded: 504,
      not_found: 404,
      already_exists: 409,
      permission_denied: 403,
      resource_exhausted: 429,
      failed_precondition: 400,
      aborted: 409,
      out_of_range: 400,
      unimplemented: 501,
      internal: 500,
      unavailable: 503,
      data_loss: 500,
      unauthenticated: 401,
    }),
  )("%s has the status %i", async (code, status) => {
    expect(await errorOf({ code })).toEqual({ status, code });
  });

  test("a stated status wins, and lets any code pass", async () => {
    const error = { code: "of_another_world", message: "né", status: 418 };
    expect(await errorOf(error)).toEqual({ status: 418, code: error.code, message: "né" });
    expect(() =>
      toFaultScript(suite({ answers: [{ error: { code: "Internal" } }] }), BINARY),
    ).toThrow("script.answers[0].error.code: the Connect protocol knows no Internal");
  });

  test("details are those of google.rpc, then any other, in unpadded base64", async () => {
    const error = await errorOf({
      code: "unavailable",
      retry_info_ms: "1500",
      error_info: { reason: "R", domain: "acme.test", metadata: { k: "v" } },
      field_violations: [{ name: "id", value: "is empty" }],
      request_id: "req-1",
      details: [
        { type: "google.rpc.RetryInfo", value: "//8=" },
        { type: "acme.v1.Thing", value: "" },
      ],
    });
    const { details } = error as { details?: { type: string; value: string }[] };
    const bytes = (i: number) => Buffer.from(details?.[i]?.value ?? "", "base64");
    expect(details?.map(({ type }) => type)).toEqual([
      "google.rpc.RetryInfo",
      "google.rpc.ErrorInfo",
      "google.rpc.BadRequest",
      "google.rpc.RequestInfo",
      "google.rpc.RetryInfo",
      "acme.v1.Thing",
    ]);
    expect(details?.slice(4).map(({ value }) => value)).toEqual(["//8", ""]);
    expect(toJson(RetryInfoSchema, fromBinary(RetryInfoSchema, bytes(0)))).toEqual({
      retryDelay: "1.500s",
    });
    expect(fromBinary(ErrorInfoSchema, bytes(1))).toMatchObject({
      reason: "R",
      domain: "acme.test",
      metadata: { k: "v" },
    });
    expect(fromBinary(BadRequestSchema, bytes(2)).fieldViolations).toMatchObject([
      { field: "id", description: "is empty" },
    ]);
    expect(fromBinary(RequestInfoSchema, bytes(3))).toMatchObject({ requestId: "req-1" });
  });

  test("texts, bytes and details are repeated as they are told", async () => {
    const error = await errorOf({
      code: "unavailable",
      message: "ab",
      message_times: 3,
      details: [{ type: "acme.v1.Thing", value: "AQI=", value_times: 2, times: 2 }],
    });
    const detail = { type: "acme.v1.Thing", value: "AQIBAg" };
    expect(error).toMatchObject({ message: "ababab", details: [detail, detail] });
  });

  test.each([
    ["0", "0s"],
    ["-1500", "-1.500s"],
    ["60001", "60.001s"],
  ])("a hint of %s ms is sent as it is", async (retry_info_ms, retryDelay) => {
    const error = await errorOf({ code: "unavailable", retry_info_ms });
    const { details } = error as { details?: { value: string }[] };
    const bytes = Buffer.from(details?.[0]?.value ?? "-", "base64");
    expect(toJson(RetryInfoSchema, fromBinary(RetryInfoSchema, bytes))).toEqual({ retryDelay });
  });
});

describe("breaks", () => {
  test("after the request was read: reset, or closed", async () => {
    await start({
      answers: [
        { break: "BREAK_RESET_AFTER_READ" },
        { break: "BREAK_CLOSED_AFTER_READ" },
        { break: "BREAK_RESET_AFTER_READ", delay_ms: "20" },
        { break: "BREAK_CLOSED_AFTER_READ", delay_ms: "20" },
      ],
    });
    for (let i = 0; i < 4; i++) {
      expect(await ask1(server.url, { body: "abc" })).toHaveProperty("error");
    }
    expect(server.requests.map(({ bodyBytes, status }) => [bodyBytes, status])).toEqual(
      Array.from({ length: 4 }, () => [3, undefined]),
    );
    const late = server.requests[2];
    // Node's timers may fire up to a millisecond before the finer clock says so.
    expect((late?.finishedAtMs ?? 0) - (late?.receivedAtMs ?? 0)).toBeGreaterThanOrEqual(19);
  });

  test("before it was read", async () => {
    await start({ answers: [{ break: "BREAK_RESET_BEFORE_READ" }] });
    expect(await ask1(server.url)).toMatchObject({ error: "ECONNRESET" });
    expect(server.requests[0]?.read).toBe("nothing");
  });

  test("of a stream, and of a connection that goes away", async () => {
    await start({ answers: [{ break: "BREAK_REFUSED_STREAM" }, { break: "BREAK_GOAWAY" }] });
    const session = session2(server.url);
    expect(await ask2(session)).toMatchObject({ rstCode: 7 });
    const lastStream = new Promise((resolve) => session.on("goaway", (_, last) => resolve(last)));
    await ask2(session);
    expect(await lastStream).toBe(1);
  });

  test("nothing at all comes", async () => {
    await start({ answers: [{ stall: true }] });
    const hangUp = new AbortController();
    const asked = ask1(server.url, { body: "abc", signal: hangUp.signal });
    await server.until(() => server.requests[0]?.read === "body");
    hangUp.abort();
    expect(await asked).toMatchObject({ error: "ABORT_ERR" });
  });

  test.each([
    ["MOMENT_UNSPECIFIED", "after_read", false],
    ["MOMENT_AFTER_HEAD", "after_head", false],
    ["MOMENT_ON_CONNECT", "on_connect", true],
  ])("silence from %s on", (stall_at, stall, own) => {
    const script = suite({ answers: [{ stall: true, stall_at }] });
    expect(toFaultScript(script, BINARY).attempts).toEqual([{ stall }]);
    expect(needsOwnServer(script)).toBe(own);
  });

  test("silence of the whole connection", () => {
    const script = suite({ answers: [{ stall: true, stall_at: "MOMENT_CONNECTION" }] });
    expect(toFaultScript(script, BINARY).attempts).toEqual([{ silence: "after_read" }]);
    expect(needsOwnServer(script)).toBe(true);
  });

  test("a connection that takes no more", async () => {
    await start({ answers: [{ ok: "a", closes: true }] });
    const session = session2(server.url);
    const goaway = new Promise((resolve) => session.on("goaway", (code) => resolve(code)));
    expect(await ask2(session)).toMatchObject({ status: 200 });
    expect(await goaway).toBe(0);
  });

  test.each([
    ["CUT_RESET_HALF", "ECONNRESET"],
    ["CUT_CLOSE_HALF", "ECONNRESET"],
  ])("half an answer: %s", async (cut, error) => {
    await start({ answers: [{ http: { status: 200, body: "abcdef" }, cut }] });
    expect(await ask1(server.url)).toMatchObject({ status: 200, body: "abc", error });
  });

  test("half an answer, then silence", async () => {
    await start({ answers: [{ ok: "abcdef", cut: "CUT_STALL_HALF" }] });
    const hangUp = new AbortController();
    const asked = ask1(server.url, { signal: hangUp.signal });
    await server.until(() => server.requests[0]?.status === 200);
    hangUp.abort();
    expect(await asked).toHaveProperty("error");
  });
});

describe("refused connects", () => {
  const refused = { break: "BREAK_REFUSED" };

  test("any number of them, until the port is opened", async () => {
    await start({ answers: [refused, refused, { ok: "1" }, refused], otherwise: { ok: "2" } });
    for (let i = 0; i < 3; i++) {
      expect(await ask1(server.url)).toMatchObject({ error: "ECONNREFUSED" });
    }
    await server.open();
    expect(await ask1(server.url)).toMatchObject({ status: 200 });
    expect(await ask1(server.url)).toMatchObject({ error: "ECONNREFUSED" });
    await server.open();
    expect(await ask1(server.url)).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(2);
  });

  test("their times add up", () => {
    const script = suite({
      answers: [{ ...refused, delay_ms: "20" }, { ...refused, delay_ms: "30" }, { ok: "" }],
    });
    expect(toFaultScript(script, BINARY).attempts?.[0]).toEqual({ refuse: { forMs: 50 } });
  });

  test("from some request on, for good", async () => {
    await start({ answers: [{ ok: "" }], otherwise: refused });
    expect(await ask1(server.url)).toMatchObject({ status: 200 });
    expect(await ask1(server.url)).toMatchObject({ error: "ECONNREFUSED" });
    expect(await ask1(server.url)).toMatchObject({ error: "ECONNREFUSED" });
  });
});

describe("certificates", () => {
  const authority = createAuthority();

  /** How a TLS handshake by a client that trusts the authority ends. */
  async function handshake(json: JsonValue, ALPNProtocols: string[] = []): Promise<string> {
    const script = suite(json);
    const tls = suiteTls(script, authority);
    server = await startFaultServer({ script: toFaultScript(script, BINARY), ...(tls && { tls }) });
    return new Promise((resolve) => {
      const { port } = server;
      const ca = authority.cert;
      const to = { port, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols };
      const socket = connect(to, () => {
        resolve("secure");
        socket.destroy();
      });
      socket.on("error", (reason: NodeJS.ErrnoException) => resolve(String(reason.code)));
    });
  }

  test.each([
    ["CERTIFICATE_GOOD", "secure"],
    ["CERTIFICATE_WRONG_HOST", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["CERTIFICATE_EXPIRED", "CERT_HAS_EXPIRED"],
    ["CERTIFICATE_UNKNOWN_AUTHORITY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ])("%s ends in %s", async (certificate, outcome) => {
    expect(await handshake({ answers: [{ ok: "" }], certificate })).toBe(outcome);
  });

  test.each([
    [{ alpn: ["http/1.1"] }, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"],
    [{ noAlpn: true }, "secure"],
    [{ maxVersion: "1.1" }, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"],
    [{ maxVersion: "1.2" }, "secure"],
    [{ clientCertificate: true, maxVersion: "1.2" }, "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"],
  ])("terms %j end in %s", async (tls, outcome) => {
    const script = { answers: [{ ok: "" }], certificate: "CERTIFICATE_GOOD", tls };
    expect(await handshake(script, ["h2"])).toBe(outcome);
  });

  test("a version of TLS that nobody knows is refused", () => {
    const script = suite({ certificate: "CERTIFICATE_GOOD", tls: { maxVersion: "4" } });
    expect(() => suiteTls(script, authority)).toThrow("script.tls.max_version");
  });

  test("a handshake breaks", async () => {
    const script = { answers: [{ break: "BREAK_HANDSHAKE" }], certificate: "CERTIFICATE_GOOD" };
    expect(await handshake(script)).toBe("ECONNRESET");
  });

  test("without a certificate there is none", () => {
    expect(suiteTls(create(ScriptSchema), authority)).toBeUndefined();
  });
});

describe("needsOwnServer", () => {
  /** What comes of mounting a script: `mounted`, or the message of the error. */
  function mount(parts: MessageInitShape<typeof ScriptSchema>): string {
    const script = create(ScriptSchema, { ...parts, certificate: Certificate.GOOD });
    try {
      server.mount("a", toFaultScript(script, BINARY));
      return "mounted";
    } catch (reason) {
      return String(reason);
    }
  }

  test.each([
    [Break.REFUSED, "needs a server of its own"],
    [Break.RESET_BEFORE_READ, "needs a server of its own"],
    [Break.RESET_AFTER_READ, "mounted"],
    [Break.CLOSED_AFTER_READ, "mounted"],
    [Break.REFUSED_STREAM, "mounted"],
    [Break.GOAWAY, "mounted"],
    [Break.HANDSHAKE, "needs a server of its own"],
  ])("tells what comes of mounting a script with break %i: %s", async (value, outcome) => {
    const answer = { action: { case: "break" as const, value } };
    server = await startFaultServer();
    for (const parts of [{ answers: [answer] }, { otherwise: answer }]) {
      expect(mount(parts)).toContain(outcome);
      expect(needsOwnServer(create(ScriptSchema, parts))).toBe(outcome !== "mounted");
    }
  });

  test("is true of a script with a certificate", () => {
    expect(needsOwnServer(suite({ certificate: "CERTIFICATE_GOOD" }))).toBe(true);
    expect(needsOwnServer(suite({ answers: [{ ok: "" }, { stall: true }] }))).toBe(false);
  });

  test("is true of a script that limits streams, or silences a connection", () => {
    expect(needsOwnServer(suite({ max_concurrent_streams: 1 }))).toBe(true);
    const silent = { stream: { messages: [{ text: "a" }], end: "STREAM_END_SILENCE" } };
    expect(needsOwnServer(suite({ answers: [silent] }))).toBe(true);
  });
});

test.each([
  [{ answers: [{ ok: "" }, {}] }, "script.answers[1]: says nothing"],
  [
    { answers: [{ stream: {} }] },
    "script.answers[0]: a stream is no answer to a unary call of Connect",
  ],
  [{ otherwise: { stall: false } }, "script.otherwise.stall: must be true"],
  [{ answers: [{ stall: true, delay_ms: "1" }] }, "script.answers[0].delay_ms: cannot be kept"],
  [{ answers: [{ break: "BREAK_GOAWAY", delay_ms: "1" }] }, "[0].delay_ms: cannot be kept"],
  [{ answers: [{ break: "BREAK_UNSPECIFIED" }] }, "script.answers[0].break: does not say how"],
  [{ answers: [{ break: "BREAK_HANDSHAKE" }] }, "[0].break: there is no handshake without a cert"],
  [{ answers: [{ stall: true, cut: "CUT_RESET_HALF" }] }, "[0]: stall has no use for headers"],
  [
    { answers: [{ break: "BREAK_REFUSED", headers: [{ name: "a", value: "b" }] }] },
    "[0]: break has no use for headers",
  ],
  [
    { answers: [{ http: { status: 200, body: "a", body_zeros: "1" } }] },
    "script.answers[0].http: has more than one body",
  ],
])("%j is refused", (json, message) => {
  expect(() => toFaultScript(suite(json), BINARY)).toThrow(message);
});
