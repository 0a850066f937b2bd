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
export function grpcHeaders({ accept, json, send }: MessageForm): HeaderList {
  const headers: [string, string][] = [
    ["content-type", json ? "application/grpc+json" : "application/grpc+proto"],
    // Proxies that cannot pass on trailers are found out by it.
    ["te", "trailers"],
  ];
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
  /** True if it has the status: no trailers follow. */
  readonly hasStatus: boolean;
  /** Error that the status states. */
  readonly error: ConnectError | undefined;
}

/** @throws ConnectError if it is no good answer. */
export function readGrpcHead({ status, header }: AnswerHead, form: MessageForm): GrpcHead {
  if (status !== 200) {
    throw statusError(status, header);
  }
  if (!KNOWN.test(mediaType(header.get("content-type")))) {
    throw unreadable(header, false);
  }
  return {
    compression: compressionOf(header, "grpc-encoding", form),
    hasStatus: header.has("grpc-status"),
    error: grpcWireError(header),
  };
}

/** @throws ConnectError as the trailers state it, or `internal` if nothing states a status. */
export function checkTrailers(trailer: Headers, header: Headers): void {
  const error = grpcWireError(trailer, header);
  if (error !== undefined) {
    throw error;
  }
  if (!header.has("grpc-status") && !trailer.has("grpc-status")) {
    throw protocolError("missing status", Code.Internal);
  }
}

// The formats that this client reads; gRPC-Web is another protocol.
const KNOWN = /^application\/grpc(\+(proto|json))?$/;
