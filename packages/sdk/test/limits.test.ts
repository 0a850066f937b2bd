import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { ErrorInfoSchema } from "@ameideio/core-proto/google/rpc";
import { describe, expect, it } from "vitest";
import { answered, bytesOf, drain, envelopes, type RawAnswer } from "./harness/raw_answer.js";
import { detail } from "./harness/scripted_call.js";
import { AmeideError, type AmeideOptions } from "../src/index.js";

const END = 0b10;
const GZIP = 0b1;
const LIMIT = 10_000;
const LONG = "x".repeat(2 * LIMIT);
const tooLong = { code: "unavailable", message: LONG };
const connectJson = { status: 503, type: "application/json" };
const connectStream = { type: "application/connect+proto" };
const gzip = { "content-encoding": "gzip", "retry-after-ms": "1" };
const grpcWeb = { type: "application/grpc-web+proto" };
const trailers = bytesOf(`grpc-status: 14\r\ngrpc-message: ${LONG}\r\n`);

type Kind = "echo" | "count";

async function failure(kind: Kind, answer: RawAnswer, options: AmeideOptions = {}) {
  const { client, requests } = answered(answer, {
    readMaxBytes: LIMIT,
    compression: { accept: "gzip" },
    ...options,
  });
  const call: Promise<unknown> = kind === "echo" ? client.echo({}) : drain(client.count({}));
  const reason = await call.then(
    () => "it ended well",
    (thrown: unknown) => AmeideError.from(thrown),
  );
  return { reason, requests };
}

// What the suite cannot say: sizes of errors and of trailers, and where they break off.
describe("an answer over readMaxBytes is the client's failure, and is not fetched again", () => {
  it.each<[string, Kind, RawAnswer, AmeideOptions?]>([
    ["an error", "echo", { ...connectJson, body: bytesOf(tooLong) }],
    [
      "an error before a lot of space",
      "echo",
      {
        ...connectJson,
        body: bytesOf(`{"code":"unavailable"}${" ".repeat(LIMIT)}`),
        chunkBytes: 22,
      },
    ],
    [
      "the end of a stream",
      "count",
      { ...connectStream, body: envelopes([END, bytesOf({ error: tooLong })]) },
    ],
    [
      "trailers in the body",
      "echo",
      { ...grpcWeb, body: envelopes([0x80, trailers]) },
      { protocol: "grpc-web" },
    ],
    [
      "trailers in the body when unpacked",
      "echo",
      {
        ...grpcWeb,
        headers: { "grpc-encoding": "gzip", "retry-after-ms": "1" },
        body: envelopes([0x80 | GZIP, gzipSync(trailers)]),
      },
      { protocol: "grpc-web" },
    ],
    [
      "a message of which but the head has come",
      "count",
      { ...connectStream, body: Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff), chunkBytes: 1 },
    ],
  ])("%s", async (_what, kind, answer, options) => {
    const { reason, requests } = await failure(kind, answer, options);
    expect(reason).toMatchObject({ code: 8, origin: "client", stopReason: "not_retryable" });
    expect(requests).toHaveLength(1);
  });

  it("control: one that is not is the server's", async () => {
    const small = { ...tooLong, message: "no" };
    const body = gzipSync(bytesOf(small));
    const { reason, requests } = await failure("echo", { ...connectJson, headers: gzip, body });
    expect(reason).toMatchObject({ code: 14, origin: "server", stopReason: "attempts" });
    expect(requests).toHaveLength(3);
  });

  it("control: a server may say resource_exhausted itself", async () => {
    const body = gzipSync(bytesOf({ code: "resource_exhausted", message: "quota" }));
    const answer = { ...connectJson, headers: gzip, body };
    const { reason } = await failure("echo", answer, { retry: false });
    expect(reason).toMatchObject({ code: 8, origin: "server", stopReason: "attempts" });
  });
});

describe("an error, however it is printed", () => {
  const forged = "x\r\n2026-01-01 INFO login ok\u001b[2J\u2028\u202e";
  const long = "y".repeat(3_000);
  const info = { reason: long, domain: forged };
  const details = [detail(ErrorInfoSchema, { ...info, metadata: { [forged]: long } })];
  const body = bytesOf({ code: "unavailable", message: forged, details });

  it("is short, and has no control characters but its own line breaks", async () => {
    const headers = { "set-cookie": "sid=s3cret", "x-request-id": "i".repeat(8_000) };
    const { reason } = await failure("echo", { ...connectJson, headers, body }, { retry: false });
    const error = AmeideError.from(reason);
    const own = Object.fromEntries(Object.entries(error));
    for (const text of [inspect(error), error.stack ?? "", inspect(own), JSON.stringify(own)]) {
      expect(text.length).toBeLessThan(10_000);
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}]/u);
      expect(text).not.toContain("s3cret");
      expect(text).not.toMatch(/^2026/m);
    }
    expect(error.message).toBe("[unavailable] x  2026-01-01 INFO login ok [2J  ");
    expect(error).toMatchObject({ rawMessage: forged, domain: forged, details: [{}] });
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe(long);
    expect(error.metadata.get("set-cookie")).toContain("s3cret");
    expect(error.serverRequestId).toHaveLength(1_024);
  });

  it("a message of megabytes makes no log of megabytes, nor do a thousand headers", async () => {
    const lines: string[] = [];
    const log = (message: string, fields: object) => {
      lines.push(message + JSON.stringify(fields));
    };
    const logger = { error: log, warn: log, info: log, debug: log };
    const message = bytesOf({ code: "unavailable", message: "m".repeat(3_000_000) });
    const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, "v"]));
    await failure(
      "echo",
      { ...connectJson, body: message },
      { logger, logLevel: "debug", headers, readMaxBytes: 4_000_000, retry: { baseDelayMs: 1 } },
    );
    expect(lines).toHaveLength(9);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(4_000);
    expect(lines.join()).toMatch(/"…":"\d{3} more"/);
  });
});

describe("a transport of one's own whose body is no bytes", () => {
  it.each([
    ["connect", "application/proto"],
    ["grpc", "application/grpc+proto"],
  ] as const)("fails the call, and says so: %s", async (protocol, type) => {
    let finished = false;
    async function* texts() {
      try {
        yield "{}" as unknown as Uint8Array;
      } finally {
        finished = true;
      }
    }
    const transport: UniversalClientFn = () =>
      Promise.resolve({
        status: 200,
        header: new Headers({ "content-type": type }),
        body: texts(),
        trailer: new Headers(),
      });
    const { reason } = await failure("echo", { type, body: bytesOf("") }, { protocol, transport });
    expect(reason).toMatchObject({
      code: Code.Internal,
      rawMessage: expect.stringMatching(
        /transport: chunks have to be Uint8Array, not string/,
      ) as string,
      attempts: [{}],
    });
    expect(finished).toBe(true);
  });
});
