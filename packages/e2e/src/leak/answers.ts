import { create, toBinary } from "@bufbuild/protobuf";
import type { Action, Chunk, Header, Respond } from "@ameideio/fault-server";
import { ConformanceResponseSchema } from "@ameideio/conformance-proto/ameide/conformance/v1";
import type { Kind, Protocol } from "./methods.js";

/** Content types and framing of servers' answers. */
export interface Answers {
  /** Complete good answer: one message, or three for a stream. */
  readonly good: Respond;
  /** A good answer whose messages come one after the other. */
  readonly slow: Respond;
  /** Its head and first message only: what makes a stream that goes no further. */
  readonly begun: Respond;
  /** An error of the protocol, with headers. */
  readonly error: (code: ErrorCode, headers?: readonly Header[]) => Respond;
  /** A head of the right content type. */
  readonly headers: readonly Header[];
}

const CODES = { unavailable: 14, unauthenticated: 16, internal: 13, resource_exhausted: 8 };

/** Codes that a server answers. */
export type ErrorCode = keyof typeof CODES;

const MESSAGE = Buffer.from(
  toBinary(ConformanceResponseSchema, create(ConformanceResponseSchema, { text: "an answer" })),
);

/** Returns the servers' answers in a protocol to a kind of method, in bytes. */
export function answersOf(protocol: Protocol, kind: Kind): Answers {
  return protocol === "connect" && kind === "unary" ? connectUnary() : framed(protocol, kind);
}

function connectUnary(): Answers {
  const headers: Header[] = [["content-type", "application/proto"]];
  const good: Respond = { status: 200, headers, body: base64(MESSAGE) };
  return {
    headers,
    good,
    slow: { ...good, delayMs: 5 },
    begun: { ...good, cut: { after: "half", how: "stall" } },
    error: (code, more = []) => ({
      status: code === "unauthenticated" ? 401 : 503,
      headers: [["content-type", "application/json"], ...more],
      body: { json: { code, message: "no" } },
    }),
  };
}

/** Every message in an envelope: streams of Connect, all of gRPC and gRPC-Web. */
function framed(protocol: Protocol, kind: Kind): Answers {
  const headers: Header[] = [["content-type", CONTENT_TYPE[protocol]]];
  const messages = kind === "server" || kind === "bidi" ? 3 : 1;
  const message = envelope(0, MESSAGE);
  const end = (code?: ErrorCode): { chunks: Chunk[]; trailers?: Header[] } => {
    const status: Header[] = [["grpc-status", String(code ? CODES[code] : 0)]];
    if (protocol === "grpc") {
      return { chunks: [], trailers: status };
    }
    const last =
      protocol === "connect"
        ? envelope(2, Buffer.from(code ? JSON.stringify({ error: { code } }) : "{}"))
        : envelope(0x80, Buffer.from(`grpc-status: ${status[0]?.[1]}\r\n`));
    return { chunks: [base64(last)] };
  };
  const answer = (delayMs: number): Respond => {
    const { chunks, ...trailers } = end();
    const all = Array.from({ length: messages }, () => ({ ...base64(message), delayMs }));
    return { status: 200, headers, chunks: [...all, ...chunks], ...trailers };
  };
  return {
    headers,
    good: answer(0),
    slow: answer(3),
    begun: { ...answer(0), cut: { after: message.length, how: "stall" } },
    error: (code, more = []) => ({ status: 200, headers: [...headers, ...more], ...end(code) }),
  };
}

const CONTENT_TYPE = {
  connect: "application/connect+proto",
  grpc: "application/grpc+proto",
  "grpc-web": "application/grpc-web+proto",
} as const;

function envelope(flags: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function base64(bytes: Buffer): { base64: string } {
  return { base64: bytes.toString("base64") };
}

/** Wraps an answer as an action. */
export function respond(answer: Respond): Action {
  return { respond: answer };
}
