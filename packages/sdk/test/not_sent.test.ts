import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectError, nodeError } from "./harness/scripted_client.js";
import { failureOf, GOOD, LEVELS, scripted } from "./harness/scripted_call.js";
import { HTTP_VERSIONS, wired } from "./harness/socket_call.js";
import { createAmeideClient } from "../src/client.js";
import type { AmeideOptions, CallEvent } from "../src/index.js";

function systemError(syscall: string, code: string): Error {
  return Object.assign(nodeError(code, `${syscall} ${code} 192.0.2.1:443`), { syscall });
}

function caused(error: Error, cause: unknown): Error {
  error.cause = cause;
  return error;
}

const fetchFailed = (cause: unknown) => caused(new TypeError("fetch failed"), cause);

function several(...errors: Error[]): Error {
  return Object.assign(new AggregateError(errors), { code: (errors[0] as { code?: string }).code });
}

const DENO = "error sending request for url (http://localhost/acme.v1.S/M): client error";

// What HTTP clients that read the body before they connect say when they fail.
const ERRORS: readonly [name: string, error: Error, sent: "no" | "maybe"][] = [
  ["a read that fails", systemError("read", "EHOSTUNREACH"), "maybe"],
  ["a read that fails otherwise", systemError("read", "ENETUNREACH"), "maybe"],
  ["a write that fails", systemError("write", "ENETDOWN"), "maybe"],
  ["a read that takes too long", systemError("read", "ETIMEDOUT"), "maybe"],
  ["a code alone", nodeError("ECONNREFUSED"), "maybe"],
  ["a connect that fails", systemError("connect", "ECONNREFUSED"), "no"],
  ["a connect that takes too long", systemError("connect", "ETIMEDOUT"), "no"],
  ["an address of our own that is not there", systemError("bind", "EADDRNOTAVAIL"), "no"],
  ["a lookup, over fetch", fetchFailed(systemError("getaddrinfo", "ENOTFOUND")), "no"],
  ["undici's limit", fetchFailed(nodeError("UND_ERR_CONNECT_TIMEOUT")), "no"],
  ["undici's other limit", fetchFailed(nodeError("UND_ERR_HEADERS_TIMEOUT")), "maybe"],
  [
    "both addresses of a name",
    fetchFailed(
      several(systemError("connect", "ECONNREFUSED"), systemError("connect", "ENETUNREACH")),
    ),
    "no",
  ],
  [
    "two tries, of which the first was sent",
    several(systemError("connect", "ECONNREFUSED"), systemError("read", "ECONNRESET")),
    "maybe",
  ],
  [
    "a reset, and then no connection",
    caused(systemError("read", "ECONNRESET"), systemError("connect", "ECONNREFUSED")),
    "maybe",
  ],
  [
    "a handshake",
    nodeError(
      "ECONNRESET",
      "Client network socket disconnected before secure TLS connection was established",
    ),
    "no",
  ],
  [
    "REFUSED_STREAM",
    nodeError("ERR_HTTP2_STREAM_ERROR", "Stream closed with error code NGHTTP2_REFUSED_STREAM"),
    "no",
  ],
  [
    "REFUSED_STREAM as Connect has it",
    new ConnectError("http/2 stream closed with error code REFUSED_STREAM (0x7)", Code.Unavailable),
    "no",
  ],
  ["the word in another text", nodeError("E", "no answer from /REFUSED_STREAM"), "maybe"],
  ["Bun", nodeError("ECONNREFUSED", "ECONNREFUSED: Unable to connect. Is the computer…"), "no"],
  ["Bun, later", nodeError("ECONNRESET", "ECONNRESET: The socket connection was closed"), "maybe"],
  ["Deno", fetchFailed(new Error(`${DENO} (Connect): tcp connect error`)), "no"],
  ["Deno, later", fetchFailed(new Error(`${DENO} (SendRequest): connection closed`)), "maybe"],
  ["nothing that anybody knows", new TypeError("Failed to fetch"), "maybe"],
];

describe("an error of an HTTP client that had read the request", () => {
  it.each(ERRORS)("%s", async (_name, error, sent) => {
    const { client, events } = scripted({ answers: [{ error }], options: { retry: false } });
    await failureOf(LEVELS.unknown(client));
    expect(failed(events)).toMatchObject({
      sent,
      class: sent === "no" ? "NOT_SENT" : "AMBIGUOUS",
    });
  });
});

describe("an interceptor", () => {
  const twice: Interceptor = (next) => async (request) => {
    try {
      return await next(request);
    } catch {
      return next(request);
    }
  };

  it("that sends again: nothing proves that all of it was not sent", async () => {
    const pushback = connectError("unavailable", 503, { "grpc-retry-pushback-ms": "0" });
    for (const last of [
      { error: systemError("connect", "ECONNREFUSED"), askBody: false },
      { error: systemError("read", "ECONNRESET") },
      pushback,
    ]) {
      const { client, requests } = scripted({
        answers: [pushback, last],
        options: { interceptors: [twice] },
      });
      const error = await failureOf(LEVELS.unknown(client));
      expect(error.stopReason).toBe("not_idempotent");
      expect(requests).toHaveLength(2);
    }
  });

  it.each<[when: "before" | "after", sent: string]>([
    ["before", "no"],
    ["after", "yes"],
  ])("that throws %s it sends is told how far it came", async (when, sent) => {
    const throwing: Interceptor = (next) => async (request) => {
      if (when === "after") {
        await next(request);
      }
      throw new ConnectError("mine", Code.Unavailable);
    };
    const { client, events } = scripted({
      answers: [GOOD],
      options: { interceptors: [throwing] },
    });
    await failureOf(LEVELS.idempotent(client));
    expect(failed(events)).toMatchObject({ sent, class: "NEVER" });
  });
});

// Errors that no peer on this machine can make.
describe.each(HTTP_VERSIONS)("a socket of HTTP/%s that stood", (httpVersion) => {
  it.each([
    ["reads that fail", systemError("read", "EHOSTUNREACH")],
    ["what looks like a connect", systemError("connect", "ECONNREFUSED")],
    ["what looks like a handshake", nodeError("CERT_HAS_EXPIRED")],
  ])("%s", async (_name, error) => {
    const sockets: Socket[] = [];
    const opened = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
    subscribe("net.client.socket", opened);
    onTestFinished(() => void unsubscribe("net.client.socket", opened));
    const { server, client, events } = await wired({
      script: { otherwise: { stall: "after_read" } },
      httpVersion,
    });
    const call = failureOf(LEVELS.unknown(client));
    await server.until(() => server.requests[0]?.read === "body");
    sockets.at(-1)?.destroy(error);
    expect(await call).toMatchObject({ stopReason: "not_idempotent" });
    expect(failed(events)).toMatchObject({ sent: "maybe", class: "AMBIGUOUS" });
    expect(server.requests).toHaveLength(1);
  });
});

it.each([100, 103])(
  "a head of %s is a head: REFUSED_STREAM after it proves nothing",
  async (status) => {
    const seen = await answeredBy((stream) => {
      stream.additionalHeaders({ ":status": status });
      setTimeout(() => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM), 20);
    });
    expect(seen).toMatchObject({ requests: 1, failed: { sent: "maybe", class: "AMBIGUOUS" } });
  },
);

it("a GOAWAY that includes the stream proves nothing, whatever its code", async () => {
  const seen = await answeredBy((stream) => {
    stream.resume().once("end", () => {
      const { session, id } = stream;
      session?.goaway(http2.constants.NGHTTP2_REFUSED_STREAM, id);
      setTimeout(() => session?.destroy(), 20);
    });
  });
  expect(seen).toMatchObject({ requests: 1, failed: { sent: "maybe", class: "AMBIGUOUS" } });
});

it("causes that lead back come to an end", async () => {
  const error = new AggregateError(["no error"]);
  error.cause = error;
  error.errors.push(error);
  const { client, events } = scripted({ answers: [{ error }], options: { retry: false } });
  await failureOf(LEVELS.unknown(client));
  expect(failed(events)).toMatchObject({ sent: "maybe", class: "AMBIGUOUS" });
});

// What a call is told by a server that does this to each request.
async function answeredBy(answer: (stream: http2.ServerHttp2Stream) => void) {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on("session", (session) => sessions.add(session));
  let requests = 0;
  server.on("stream", (stream) => {
    requests++;
    stream.on("error", () => {});
    answer(stream);
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    sessions.forEach((session) => session.destroy());
    server.close();
  });
  const events: CallEvent[] = [];
  const options: AmeideOptions = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    allowInsecureLoopback: true,
    httpVersion: "2",
    tenant: "acme",
    telemetry: false,
    observer: (event) => void events.push(event),
  };
  const client = createAmeideClient(options);
  onTestFinished(() => client.close());
  await failureOf(LEVELS.unknown(client));
  return { requests, failed: failed(events) };
}

function failed(events: readonly CallEvent[]): CallEvent | undefined {
  return events.find(({ type }) => type === "attempt_failed");
}
