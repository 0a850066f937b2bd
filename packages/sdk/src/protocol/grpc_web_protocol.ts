import { Code, ConnectError } from "@connectrpc/connect";
import { mediaType } from "../wire/media_type.js";
import { grpcMessage, grpcWireError, trailersOf } from "../wire/wire_error.js";
import { compressionOf, statusError, unreadable } from "./answer_head.js";
import type { AnswerHead, HeaderList, MessageForm } from "./form.js";
import { codingHeaders, type GrpcHead } from "./grpc_protocol.js";
import { protocolError } from "./protocol_errors.js";

// gRPC-Web, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md: what differs from gRPC.

/** Headers of each request. */
export function grpcWebHeaders(form: MessageForm): HeaderList {
  return [
    ["content-type", form.json ? "application/grpc-web+json" : "application/grpc-web+proto"],
    ["x-grpc-web", "1"],
    ...codingHeaders(form),
  ];
}

/**
 * True if an answer may be good: all statuses like 200 are, if the answer is gRPC-Web and may have a
 * body.
 */
export function isGoodGrpcWeb({ status, header }: AnswerHead): boolean {
  const empty = status === 204 || status === 205;
  const inRange = status > 200 && status < 300 && isGrpcWeb(header);
  return status === 200 || (inRange && (!empty || header.has("grpc-status")));
}

/** @throws ConnectError if it is no good answer, and states no error. */
export function readGrpcWebHead(answer: AnswerHead, form: MessageForm): GrpcHead {
  const { status, header } = answer;
  if (!isGoodGrpcWeb(answer)) {
    const { code, rawMessage } = statusError(status, header);
    throw new ConnectError(grpcMessage(header.get("grpc-message") ?? rawMessage), code, header);
  }
  if (!isGrpcWeb(header)) {
    throw unreadable(header, false);
  }
  const error = grpcWireError(header);
  const compression =
    error === undefined ? compressionOf(header, "grpc-encoding", form) : undefined;
  return { compression, error };
}

/**
 * Reads the trailers in a body.
 *
 * @returns The error that they state, or else the trailers.
 * @throws ConnectError `internal` if they are no headers.
 */
export function readTrailersInBody(bytes: Uint8Array, header: Headers): ConnectError | Headers {
  const text = new TextDecoder().decode(bytes);
  const error = grpcWireError(trailersOf(text), header);
  if (error !== undefined) {
    return error;
  }
  try {
    return trailersOf(text, true);
  } catch {
    throw protocolError("the trailers are no headers", Code.Internal);
  }
}

function isGrpcWeb(header: Headers): boolean {
  return /^application\/grpc-web(\+|$)/.test(mediaType(header.get("content-type")));
}
