import { appendHeaders, type ConnectError } from "@connectrpc/connect";
import { trailerDemux } from "@connectrpc/connect/protocol-connect";
import type { EnvelopeScan } from "./envelopes.js";
import { mediaType } from "./media_type.js";
import { connectWireError, endStreamWireError, grpcWireError, trailersOf } from "./wire_error.js";
import type { WireShape } from "./wire_shape.js";

/** Part of an answer that an attempt has read. */
export interface ReadAnswer {
  readonly shape: WireShape;
  /** True if status and media type are those of good answers. */
  readonly good: boolean;
  readonly header: Headers;
  readonly trailer: Headers | undefined;
  /** Body of an answer that is not good. */
  readonly errorBody: Uint8Array | undefined;
  /** Called if that body cannot be read: it may say anything. */
  readonly unread: () => void;
  /** Envelopes of a good answer. */
  readonly envelopes: EnvelopeScan | undefined;
}

/**
 * Reads the error that a server put into its answer, wherever the protocol keeps it. A gateway's
 * JSON error does not count: its `code` is a number, or no code of Connect's.
 *
 * @returns A promise only if the error is compressed.
 */
export function readWireError(
  answer: ReadAnswer,
): ConnectError | undefined | Promise<ConnectError | undefined> {
  const { shape, good, header, envelopes, errorBody } = answer;
  switch (shape.protocol) {
    case "grpc":
      return good ? statusError(answer.trailer, header, envelopes) : undefined;
    case "grpc-web":
      return good
        ? whole(endOf(answer, "grpc-encoding"), shape, (end) =>
            statusError(end && trailersOf(textOf(end)), header, envelopes),
          )
        : undefined;
    case "connect":
      break;
  }
  if (shape.enveloped) {
    return whole(endOf(answer, "connect-content-encoding"), shape, (end) =>
      endStreamWireError(parse(end), header),
    );
  }
  if (good || errorBody === undefined || mediaType(header.get("content-type")) !== JSON_TYPE) {
    return undefined;
  }
  const body = { bytes: errorBody, encoding: header.get("content-encoding") };
  return whole(body, shape, (bytes) => {
    const json = parse(bytes);
    if (json === undefined) {
      answer.unread();
    }
    return connectWireError(json, appendHeaders(...trailerDemux(header)));
  });
}

/**
 * Ends a good gRPC answer whose error Connect would miss: in trailers, if the headers have a status
 * too, or beside details that say 0.
 *
 * @throws ConnectError as the server stated it.
 */
export function refuseHiddenError(
  header: Headers,
  trailer: Headers,
  envelopes: EnvelopeScan,
): void {
  const { endBytes, endCompressed } = envelopes;
  if (header.has("grpc-status") || trailer.has(DETAILS) || endBytes > DETAILS.length) {
    const inBody = endBytes > 0 && !endCompressed;
    const error = statusError(inBody ? trailersInBody(envelopes) : trailer, header, envelopes);
    if (error !== undefined) {
      throw error;
    }
  }
}

// A status in headers counts if there is no body.
function statusError(
  trailer: Headers | undefined,
  header: Headers,
  envelopes: EnvelopeScan | undefined,
): ConnectError | undefined {
  const error = trailer && grpcWireError(trailer, header);
  return error ?? (envelopes?.begun === true ? undefined : grpcWireError(header));
}

/** Returns the trailers in a body of gRPC-Web, if they are not compressed. */
export function trailersInBody({ end }: EnvelopeScan): Headers {
  return trailersOf(textOf(end.bytes));
}

const JSON_TYPE = "application/json";
const DETAILS = "grpc-status-details-bin";

interface Packed {
  readonly bytes: Uint8Array;
  readonly encoding: string | null;
}

function endOf({ envelopes, header }: ReadAnswer, encodingHeader: string): Packed | undefined {
  return envelopes?.endComplete === true
    ? {
        bytes: envelopes.end.bytes,
        encoding: envelopes.endCompressed ? header.get(encodingHeader) : null,
      }
    : undefined;
}

// Passes bytes on, at once if they are not compressed; undefined if there are none, or they cannot
// be decompressed.
function whole<T>(
  packed: Packed | undefined,
  { accepted, readMaxBytes }: WireShape,
  then: (bytes: Uint8Array | undefined) => T,
): T | Promise<T> {
  if (packed === undefined || packed.encoding === null || packed.encoding === "identity") {
    return then(packed?.bytes);
  }
  if (accepted?.name !== packed.encoding) {
    return then(undefined);
  }
  return accepted
    .decompress(new Uint8Array(packed.bytes), readMaxBytes)
    .then(then, () => then(undefined));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function parse(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && (JSON.parse(textOf(bytes)) as unknown);
  } catch {
    return undefined;
  }
}
