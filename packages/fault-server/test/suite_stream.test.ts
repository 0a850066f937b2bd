import { ConformanceService, ScriptSchema } from "@ameideio/conformance-proto";
import { RetryInfoSchema } from "@ameideio/conformance-proto/google/rpc";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterEach, describe, expect, test } from "vitest";
import { type FaultServer, startFaultServer, type SuiteRun, toFaultScript } from "../src/index.js";

// Connect's own clients are the judges of what goes over the wire.
const WIRES = [
  ["connect", "1.1", "binary"],
  ["connect", "2", "json"],
  ["grpc-web", "1.1", "json"],
  ["grpc-web", "2", "binary"],
  ["grpc", "2", "binary"],
  ["grpc", "2", "json"],
] as const;

type Conformance = Client<typeof ConformanceService>;

let server: FaultServer;
afterEach(() => server?.close());

async function start(
  script: JsonValue,
  protocol: SuiteRun["protocol"],
  httpVersion: "1.1" | "2",
  { format, streams = true }: { format: "binary" | "json"; streams?: boolean },
): Promise<Conformance> {
  const run = { protocol, format, streams };
  server = await startFaultServer({
    script: toFaultScript(fromJson(ScriptSchema, script), run),
  });
  const options = { baseUrl: server.url, httpVersion, useBinaryFormat: format === "binary" };
  const transport =
    protocol === "connect"
      ? createConnectTransport(options)
      : protocol === "grpc"
        ? createGrpcTransport({ baseUrl: server.url, useBinaryFormat: options.useBinaryFormat })
        : createGrpcWebTransport(options);
  return createClient(ConformanceService, transport);
}

interface Read {
  texts: string[];
  header: Headers;
  trailer: Headers;
  error?: ConnectError;
}

async function read(
  stream: Conformance["serverStreamIdempotent"],
  signal?: AbortSignal,
  onMessage: () => void = () => {},
): Promise<Read> {
  const seen: Read = { texts: [], header: new Headers(), trailer: new Headers() };
  try {
    const options = {
      onHeader: (header: Headers) => void (seen.header = header),
      onTrailer: (trailer: Headers) => void (seen.trailer = trailer),
      ...(signal && { signal }),
    };
    for await (const { text } of stream({ text: "hello" }, options)) {
      seen.texts.push(text);
      onMessage();
    }
  } catch (reason) {
    seen.error = ConnectError.from(reason);
  }
  return seen;
}

describe.each(WIRES)("%s over HTTP/%s, %s", (protocol, http, format) => {
  const stream = async (answer: JsonValue, more: object = {}) => {
    const script = { answers: [{ stream: answer, ...more }] } as JsonValue;
    return read((await start(script, protocol, http, { format })).serverStreamIdempotent);
  };
  const two = [{ text: "one" }, { text: "é", delay_ms: 20 }];

  test("messages, headers and trailers arrive", async () => {
    const { texts, header, trailer, error } = await stream(
      { messages: two, end_delay_ms: 1 },
      {
        headers: [{ name: "x-h", value: "1" }],
        trailers: [
          { name: "x-t", value: "2" },
          { name: "x-t", value: "3" },
        ],
      },
    );
    expect(error).toBeUndefined();
    expect(texts).toEqual(["one", "é"]);
    expect([header.get("x-h"), trailer.get("x-t")]).toEqual(["1", "2, 3"]);
    const [request] = server.requests;
    expect(Buffer.from(request?.body ?? []).toString()).toContain("hello");
    expect(request).toMatchObject({ read: "body", closedEarly: false });
  });

  test.each([
    ["a stream of none", { stream: { messages: [] } }],
    ["an ok", { ok: "" }],
  ])("%s ends well", async (_what, answer) => {
    const script = { answers: [answer] } as JsonValue;
    const client = await start(script, protocol, http, { format });
    const { texts, error } = await read(client.serverStreamIdempotent);
    expect(error).toBeUndefined();
    expect(texts).toEqual("ok" in answer ? [""] : []);
  });

  test("an error ends a stream, with its details and trailers", async () => {
    const { texts, error } = await stream(
      { messages: two, error: { code: "not_found", message: "ü%", retry_info_ms: 1500 } },
      { trailers: [{ name: "x-t", value: "2" }] },
    );
    expect(texts).toEqual(["one", "é"]);
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: "ü%" });
    expect(error?.metadata.get("x-t")).toBe("2");
    const [info] = error?.findDetails(RetryInfoSchema) ?? [];
    expect(info?.retryDelay).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  });

  test("an error is an answer", async () => {
    const script = { answers: [{ error: { code: "aborted" } }] };
    const client = await start(script, protocol, http, { format });
    const { texts, error } = await read(client.serverStreamIdempotent);
    expect([texts, error?.code]).toEqual([[], Code.Aborted]);
  });

  test.each(["missing", "half_envelope", "garbage", "reset"])("an end: %s", async (end) => {
    const full = `STREAM_END_${end.toUpperCase()}`;
    const { texts, error } = await stream({ messages: two, end: full });
    expect(texts).toEqual(["one", "é"]);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error?.code).not.toBe(Code.Canceled);
  });

  test("a stall is ended by the client, of which the server learns", async () => {
    const script = { answers: [{ stream: { messages: two, stall: true } }] };
    const client = await start(script, protocol, http, { format });
    const controller = new AbortController();
    let left = 2;
    const { texts, error } = await read(client.serverStreamIdempotent, controller.signal, () => {
      if (--left === 0) {
        controller.abort();
      }
    });
    expect([texts, error?.code]).toEqual([["one", "é"], Code.Canceled]);
    await server.until(() => server.requests[0]?.finishedAtMs !== undefined);
    expect(server.requests[0]).toMatchObject({ read: "body", closedEarly: true });
  });

  test("a silent connection is ended by the client", async () => {
    const client = await start(
      { answers: [{ stream: { messages: two, end: "STREAM_END_SILENCE" } }] },
      protocol,
      http,
      { format },
    );
    const controller = new AbortController();
    let left = 2;
    const { texts, error } = await read(client.serverStreamIdempotent, controller.signal, () => {
      if (--left === 0) {
        controller.abort();
      }
    });
    expect([texts, error?.code]).toEqual([["one", "é"], Code.Canceled]);
    expect(server.openSockets()).toBeGreaterThan(0);
    expect(server.requests[0]).toMatchObject({ read: "body" });
  });

  test("client streams are read whole, then answered", async () => {
    const client = await start({ answers: [{ ok: "done" }] }, protocol, http, { format });
    const { text } = await client.clientStreamIdempotent(from("one", "two"));
    expect(text).toBe("done");
    const body = Buffer.from(server.requests[0]?.body ?? []).toString();
    expect(body.indexOf("one")).toBeGreaterThan(0);
    expect(body.indexOf("two")).toBeGreaterThan(body.indexOf("one"));
  });
});

test.each([
  ["grpc", "2"],
  ["grpc-web", "1.1"],
] as const)("unary methods of %s are streams of one message", async (protocol, http) => {
  const script = {
    answers: [
      { ok: "done", trailers: [{ name: "x-t", value: "1" }] },
      { page: { items: ["a"], next_page_token: "n" } },
      { error: { code: "unavailable" } },
      { error: { code: "unavailable" }, trailers: [{ name: "x-t", value: "1" }] },
      { stream: { messages: [{ text: "one" }], end: "STREAM_END_MISSING" } },
    ],
  };
  const client = await start(script, protocol, http, { format: "binary", streams: false });
  let trailer: Headers | undefined;
  const onTrailer = (seen: Headers) => void (trailer = seen);
  expect((await client.idempotent({}, { onTrailer })).text).toBe("done");
  expect(trailer?.get("x-t")).toBe("1");
  expect((await client.listItems({})).items).toEqual(["a"]);
  const code = (reason: unknown) => ConnectError.from(reason).code;
  expect(await client.idempotent({}).catch(code)).toBe(Code.Unavailable);
  const withTrailers = await client
    .idempotent({})
    .catch((reason: unknown) => ConnectError.from(reason));
  expect(withTrailers).toMatchObject({ code: Code.Unavailable });
  expect((withTrailers as ConnectError).metadata.get("x-t")).toBe("1");
  expect(await client.idempotent({}).catch(code)).toEqual(expect.any(Number));
});

test.each(["connect", "grpc", "grpc-web"] as const)(
  "%s: a bidi stream can be answered before its messages end",
  async (protocol) => {
    const script = { answers: [{ stream: { early: true, messages: [{ text: "one" }] } }] };
    const client = await start(script, protocol, "2", { format: "binary" });
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    async function* input() {
      yield { text: "first" };
      await ended;
    }
    const texts: string[] = [];
    for await (const { text } of client.bidiStreamIdempotent(input())) {
      texts.push(text);
      end();
    }
    expect(texts).toEqual(["one"]);
  },
);

test.each([
  [{ stream: { stall: true, error: { code: "aborted" } } }, "more than one of error, stall"],
  [{ stream: { stall: true }, cut: "CUT_RESET_HALF" }, "does not end well"],
  [{ error: { code: "busy" } }, "gRPC knows no busy"],
  [{ error: { code: "aborted", status: 503 } }, "here it is 200"],
])("%j is refused", (answer, message) => {
  const script = fromJson(ScriptSchema, { answers: [answer] });
  expect(() => toFaultScript(script, { protocol: "grpc", format: "binary" })).toThrow(message);
});

async function* from(...texts: string[]) {
  for (const text of texts) {
    yield { text };
  }
}
