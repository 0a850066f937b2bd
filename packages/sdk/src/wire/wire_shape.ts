import type { DescMethod } from "@bufbuild/protobuf";
import type { Compression } from "@connectrpc/connect/protocol";
import type { Protocol } from "../policy/policy.js";

/** What an answer may be. */
export interface AnswerLimits {
  /** What it may be compressed by; undefined for nothing. */
  readonly accepted: Compression | undefined;
  /** What a message of it may have, in bytes, decompressed. */
  readonly readMaxBytes: number;
}

/** What requests and answers of a method look like on the wire. */
export interface WireShape extends AnswerLimits {
  readonly protocol: Protocol;
  /** Messages of the answer are in envelopes; else it is one message. */
  readonly enveloped: boolean;
  /** The request is one message, so that it can be sent again. */
  readonly replays: boolean;
  /** Both sides stream, which takes HTTP/2. */
  readonly bothWays: boolean;
}

/** What a protocol makes of the kinds of methods. */
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
