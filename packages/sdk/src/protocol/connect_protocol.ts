import { base64Encode } from "@bufbuild/protobuf/wire";
import { appendHeaders, Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { noHeaders } from "../wire/own_headers.js";
import { mediaType } from "../wire/media_type.js";
import { connectWireError, endStreamWireError } from "../wire/wire_error.js";
import type { AnswerHead, HeaderList, MessageForm } from "./form.js";
import { compressionOf, statusError, unreadable } from "./answer_head.js";
import { protocolError } from "./protocol_errors.js";

// The Connect protocol, https://connectrpc.com/docs/protocol: requests, and what is read of answers.

/** Headers of each request of a unary method. */
export function unaryHeaders({ accept, json }: MessageForm): HeaderList {
  const headers: [string, string][] = [
    ["content-type", json ? "application/json" : "application/proto"],
    ["connect-protocol-version", "1"],
  ];
  if (accept !== undefined) {
    headers.push(["accept-encoding", accept.name]);
  }
  return headers;
}

/** Headers of each request of a method that streams. */
export function streamHeaders({ accept, json, send }: MessageForm): HeaderList {
  const headers: [string, string][] = [
    ["content-type", json ? "application/connect+json" : "application/connect+proto"],
    ["connect-protocol-version", "1"],
  ];
  if (send !== undefined) {
    headers.push(["connect-content-encoding", send.name]);
  }
  if (accept !== undefined) {
    headers.push(["connect-accept-encoding", accept.name]);
  }
  return headers;
}

/** Headers of a unary request that a GET does not have ("Unary-Get-Request"). */
export const NOT_OF_GET = [
  "content-type",
  "connect-protocol-version",
  "content-encoding",
  "accept-encoding",
];

/**
 * Returns the address of a GET: the parameters stand in the order that the protocol asks for, so
 * that caches know equal requests.
 *
 * @param compression - Name of the coding of the bytes, if they are compressed.
 */
export function getUrl(
  url: string,
  bytes: Uint8Array,
  { json }: MessageForm,
  compression: string | undefined,
): string {
  const inBase64 = !json || compression !== undefined;
  const coding = compression === undefined ? "" : `&compression=${encodeURIComponent(compression)}`;
  const message = inBase64
    ? base64Encode(bytes, "url")
    : encodeURIComponent(new TextDecoder().decode(bytes));
  const encoding = json ? "json" : "proto";
  return `${url}?connect=v1${inBase64 ? "&base64=1" : ""}${coding}&encoding=${encoding}&message=${message}`;
}

/**
 * Reads the head of a unary answer whose status is 200.
 *
 * @returns The compression of the message.
 * @throws ConnectError if it is no good answer.
 */
export function readUnaryHead(header: Headers, form: MessageForm): Compression | undefined {
  const compression = compressionOf(header, "content-encoding", form);
  const type = mediaType(header.get("content-type"));
  if (type !== (form.json ? "application/json" : "application/proto")) {
    throw unreadable(header, KNOWN.test(type));
  }
  return compression;
}

/** True if the body of a unary answer that is not good may state an error. */
export function mayStateError(header: Headers): boolean {
  return mediaType(header.get("content-type")) === "application/json";
}

/** Divides the headers of a unary answer, in which trailers are headers with a prefix. */
export function withoutTrailers(all: Headers): { header: Headers; trailer: Headers } {
  const trailer = noHeaders(all);
  let found = false;
  all.forEach((value, name) => {
    if (name.startsWith(TRAILER)) {
      found = true;
      trailer.append(name.slice(TRAILER.length), value);
    }
  });
  if (!found) {
    return { header: all, trailer };
  }
  const header = noHeaders(all);
  all.forEach((value, name) => {
    if (!name.startsWith(TRAILER)) {
      header.append(name, value);
    }
  });
  return { header, trailer };
}

const TRAILER = "trailer-";

/** Error of an answer, and where it is from. */
export interface UnaryError {
  readonly error: ConnectError;
  /** True if the server states it as the protocol says. */
  readonly stated: boolean;
  /** True if the body cannot be read: it may say anything. */
  readonly unread: boolean;
}

/**
 * Returns the error that an answer states in its body: with the words of a server that gives no
 * code, or else the one by its status.
 */
export function readUnaryError(bytes: Uint8Array, byStatus: ConnectError): UnaryError {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return { error: byStatus, stated: false, unread: true };
  }
  const { metadata, code } = byStatus;
  const { header, trailer } = withoutTrailers(metadata);
  const error = connectWireError(json, appendHeaders(header, trailer));
  if (error !== undefined) {
    return { error, stated: true, unread: false };
  }
  const words = (json as { readonly message?: unknown } | null)?.message;
  const said = typeof words === "string" ? new ConnectError(words, code, metadata) : byStatus;
  return { error: said, stated: false, unread: false };
}

/**
 * Reads the head of a stream's answer.
 *
 * @returns The compression of its messages.
 * @throws ConnectError if it is no good answer.
 */
export function readStreamHead(
  { status, header }: AnswerHead,
  form: MessageForm,
): Compression | undefined {
  const compression = compressionOf(header, "connect-content-encoding", form);
  if (status !== 200) {
    throw statusError(status, header);
  }
  const type = mediaType(header.get("content-type"));
  if (type !== (form.json ? "application/connect+json" : "application/connect+proto")) {
    throw unreadable(header, KNOWN.test(type));
  }
  return compression;
}

/** What ends a stream: an error that the server states, or trailers. */
export type EndStream =
  | { readonly error: ConnectError }
  | { readonly error?: undefined; readonly trailer: Headers };

/**
 * Reads what ends a stream.
 *
 * @throws ConnectError `unknown` if it is unreadable, `internal` if its trailers are no headers.
 */
export function readEndStream(bytes: Uint8Array, header: Headers): EndStream {
  let end: unknown;
  try {
    end = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw protocolError("the end of the stream is no JSON", Code.Unknown);
  }
  if (typeof end !== "object" || end === null || Array.isArray(end)) {
    throw protocolError("the end of the stream is no object", Code.Unknown);
  }
  const error = endStreamWireError(end, header);
  if (error !== undefined) {
    return { error };
  }
  try {
    return { trailer: trailersOf((end as { readonly metadata?: object }).metadata ?? {}) };
  } catch {
    throw protocolError("the trailers are no headers", Code.Internal);
  }
}

// Throws for what is no header.
function trailersOf(metadata: object): Headers {
  const trailers = new Headers();
  for (const [name, values] of Object.entries(metadata)) {
    for (const value of values as string[]) {
      trailers.append(name, value);
    }
  }
  return trailers;
}

// Media types of the protocol: an answer in the other format is the server's fault, not a
// stranger's.
const KNOWN = /^application\/(connect\+)?(json|proto)$/;
