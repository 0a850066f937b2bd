import { Code, type ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { mediaType } from "../wire/media_type.js";
import { grpcWireError } from "../wire/wire_error.js";
import type { AnswerHead, HeaderList, MessageForm } from "./form.js";
import { compressionOf, statusError, unreadable } from "./answer_head.js";
import { protocolError } from "./protocol_errors.js";

// gRPC over HTTP/2, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: requests, and
// what is read of answers.

/** Headers of each request. */
export function grpcHeaders(form: MessageForm): HeaderList {
  return [
    ["content-type", form.json ? "application/grpc+json" : "application/grpc+proto"],
    // Proxies that cannot pass on trailers are found out by it.
    ["te", "trailers"],
    ...codingHeaders(form),
  ];
}

/** Headers that name the codings of messages. */
export function codingHeaders({ accept, send }: MessageForm): HeaderList {
  const headers: [string, string][] = [];
  if (send !== undefined) {
    headers.push(["grpc-encoding", send.name]);
  }
  if (accept !== undefined) {
    headers.push(["grpc-accept-encoding", accept.name]);
  }
  return headers;
}

/** What the head of a gRPC answer says. */
export interface GrpcHead {
  readonly compression: Compression | undefined;
  /** Error that its status states: no trailers follow. */
  readonly error: ConnectError | undefined;
}

/** @throws ConnectError if it is no good answer, and states no error. */
export function readGrpcHead({ status, header }: AnswerHead, form: MessageForm): GrpcHead {
  if (status !== 200) {
    throw statusError(status, header);
  }
  const type = mediaType(header.get("content-type"));
  const error = OURS.test(type) ? grpcWireError(header) : undefined;
  if (!KNOWN.test(type) && error === undefined) {
    throw unreadable(header, false);
  }
  const compression =
    error === undefined ? compressionOf(header, "grpc-encoding", form) : undefined;
  return { compression, error };
}

/**
 * Reads what ends an answer.
 *
 * @returns The error that the trailers state, if they state one.
 * @throws ConnectError `internal` if nothing states a status.
 */
export function readTrailers(trailer: Headers, header: Headers): ConnectError | undefined {
  const error = grpcWireError(trailer, header);
  if (error === undefined && !header.has("grpc-status") && !trailer.has("grpc-status")) {
    throw protocolError("missing status", Code.Internal);
  }
  return error;
}

/** True if neither head nor trailers state a status. A status of the head counts if there is no body. */
export function lacksStatus(trailer: Headers, header: Headers, begun: boolean): boolean {
  return !trailer.has("grpc-status") && (begun || !header.has("grpc-status"));
}

const OURS = /^application\/grpc(\+|$)/;
// The formats that this client reads; gRPC-Web is another protocol.
const KNOWN = /^application\/grpc(\+(proto|json))?$/;
