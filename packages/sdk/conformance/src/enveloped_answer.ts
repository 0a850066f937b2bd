import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { endStreamFlag } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import {
  type Answer,
  ConformanceResponseSchema,
  type ErrorAnswer,
  type Header,
  type StreamAnswer,
  StreamEnd,
} from "@ameideio/conformance-proto";
import { connectError, errorJson } from "./error_answer.js";
import { encode, type Format, type HttpResponse, messageOf, type Part } from "./http_response.js";
import { malformStatus } from "./malformed.js";

/** Encodes an answer whose messages are in envelopes: all of gRPC's, and streams of Connect. */
export function inEnvelopes({ action, trailers }: Answer, format: Format): HttpResponse {
  const sent: Sent = { format, trailers, parts: [] };
  switch (action.case) {
    case "ok":
    case "page":
      return ended({ ...sent, parts: [enveloped(messageOf(action, format.json))] });
    case "error":
      return format.protocol === "connect" || trailers.length > 0
        ? ended(sent, action.value)
        : trailersOnly(format, action.value);
    case "stream":
      return streamed(action.value, sent);
    default:
      throw new Error("an answer of the script says nothing");
  }
}

/** Sent part of an answer, and what follows it. */
interface Sent {
  readonly format: Format;
  readonly trailers: readonly Header[];
  readonly parts: readonly Part[];
}

function streamed(answer: StreamAnswer, { format, trailers }: Sent): HttpResponse {
  const delayMs = Number(answer.endDelayMs);
  const parts = answer.messages.map(({ text, delayMs: before }) => ({
    ...enveloped(encode(ConformanceResponseSchema, { text }, format.json)),
    delayMs: Number(before),
  }));
  const nothing = { bytes: new Uint8Array(), delayMs };
  switch (answer.end) {
    case StreamEnd.RESET:
      return { ...open(format, [...parts, nothing]), instead: "reset" };
    case StreamEnd.REFUSED_STREAM:
      return { ...open(format, [...parts, nothing]), instead: "refused_stream" };
    case StreamEnd.SILENCE:
      return { ...open(format, parts), instead: "stall" };
    case StreamEnd.MISSING:
      return open(format, [...parts, nothing]);
    case StreamEnd.HALF_ENVELOPE: {
      const bytes = encodeEnvelope(0, new Uint8Array(40)).subarray(0, 20);
      return open(format, [...parts, { bytes, delayMs }]);
    }
    case StreamEnd.GARBAGE: {
      // A length-delimited field that goes on beyond its end, and no JSON either.
      const garbage = { ...enveloped(Uint8Array.of(0x0a, 0xff, 0x7b)), delayMs };
      return ended({ format, trailers, parts: [...parts, garbage] });
    }
    case StreamEnd.UNSPECIFIED:
      return answer.stall
        ? { ...open(format, parts), instead: "stall" }
        : ended({ format, trailers, parts }, answer.error, delayMs);
  }
}

/** Returns messages without an end. */
function open({ protocol, json }: Format, body: readonly Part[]): HttpResponse {
  const type = `application/${protocol}+${json ? "json" : "proto"}`;
  const header = new Headers({ "content-type": type });
  return { status: 200, header, body, trailer: new Headers() };
}

/** Returns messages, followed by the protocol's end. */
function ended(sent: Sent, error?: ErrorAnswer, delayMs = 0): HttpResponse {
  const { format, parts } = sent;
  const trailers = new Headers(sent.trailers.map(({ name, value }) => [name, value]));
  if (format.protocol === "connect") {
    const metadata = Object.fromEntries([...trailers].map(([name, value]) => [name, [value]]));
    const end = { metadata, ...(error && { error: errorJson(error) }) };
    const bytes = encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify(end)));
    return open(format, [...parts, { bytes, delayMs }]);
  }
  const status = grpcStatus(trailers, error);
  if (format.protocol === "grpc") {
    const body = [...parts, { bytes: new Uint8Array(), delayMs }];
    return { ...open(format, body), trailer: status };
  }
  const bytes = encodeEnvelope(trailerFlag, trailerSerialize(status));
  return open(format, [...parts, { bytes, delayMs }]);
}

function trailersOnly(format: Format, error: ErrorAnswer): HttpResponse {
  const response = open(format, []);
  grpcStatus(response.header, error);
  return response;
}

function grpcStatus(target: Headers, error: ErrorAnswer | undefined): Headers {
  setTrailerStatus(target, error && connectError(error));
  if (error !== undefined) {
    malformStatus(target, error);
  }
  return target;
}

function enveloped(message: Uint8Array): Part {
  return { bytes: encodeEnvelope(0, message) };
}
