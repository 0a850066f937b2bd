import {
  create,
  type DescMessage,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  type Answer,
  ConformanceResponseSchema,
  ListItemsResponseSchema,
} from "@ameideio/conformance-proto";

/** Answer in its HTTP form. */
export interface HttpResponse {
  readonly status: number;
  readonly header: Headers;
  readonly body: readonly Part[];
  /** Trailers of HTTP, once the body is over. */
  readonly trailer: Headers;
  /** Event instead of the end of the body. */
  readonly instead?: "stall" | "reset" | "refused_stream" | undefined;
}

/** Piece of a body, and the time before it in milliseconds. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly delayMs?: number;
}

/** Form in which a request wants its answer. */
export interface Format {
  readonly protocol: "connect" | "grpc" | "grpc-web";
  readonly json: boolean;
  /** True if messages are in envelopes. */
  readonly enveloped: boolean;
}

/** Returns the message of an answer that has one. */
export function messageOf(
  action: Answer["action"] & { case: "ok" | "page" },
  json: boolean,
): Uint8Array {
  if (action.case === "ok") {
    return encode(ConformanceResponseSchema, { text: action.value }, json);
  }
  const { items, nextPageToken } = action.value;
  return encode(ListItemsResponseSchema, { items, nextPageToken }, json);
}

/** Encodes a message in the format of a request. */
export function encode<T extends DescMessage>(
  schema: T,
  init: MessageInitShape<T>,
  json: boolean,
): Uint8Array {
  const value = create(schema, init);
  return json ? Buffer.from(toJsonString(schema, value)) : toBinary(schema, value);
}
