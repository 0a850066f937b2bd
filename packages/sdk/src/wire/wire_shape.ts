import type { DescMethod } from "@bufbuild/protobuf";
import type { Compression } from "@connectrpc/connect/protocol";
import type { Protocol } from "../policy/policy.js";

/** Limits of an answer. */
export interface AnswerLimits {
  /** Accepted compression; undefined for none. */
  readonly accepted: Compression | undefined;
  /** Largest message, in bytes, decompressed. */
  readonly readMaxBytes: number;
}

/** Form of a method's requests and answers on the wire. */
export interface WireShape extends AnswerLimits {
  readonly protocol: Protocol;
  /** True if the messages of the answer are in envelopes; otherwise it is one message. */
  readonly enveloped: boolean;
  /** True if the request is one message, so that it can be sent again. */
  readonly replays: boolean;
  /** True if both sides stream, which takes HTTP/2. */
  readonly bothWays: boolean;
}

/** Returns the wire shapes of a protocol for each kind of method. */
export function wireShapes(
  protocol: Protocol,
  limits: AnswerLimits,
): Readonly<Record<DescMethod["methodKind"], WireShape>> {
  const shape = (enveloped: boolean, replays: boolean, bothWays = false) => ({
    ...limits,
    protocol,
    enveloped,
    replays,
    bothWays,
  });
  return {
    unary: shape(protocol !== "connect", true),
    server_streaming: shape(true, true),
    client_streaming: shape(true, false),
    bidi_streaming: shape(true, false, true),
  };
}
