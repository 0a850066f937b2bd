import type { DescMethodServerStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { createContextKey } from "@connectrpc/connect";
import type { IntrospectResponse } from "@ameideio/core-proto/ameide/identity/v1";

/** A token that was accepted. */
export interface Caller {
  /** What the token says. */
  readonly claims: IntrospectResponse;
  /** The API key the token goes back to, undefined for static tokens. */
  readonly apiKeyId: string | undefined;
}

/** One call, as the implementation of a method sees it. */
export interface Call {
  /** The method that is called. */
  readonly method: DescMethodUnary | DescMethodServerStreaming;
  /** The tenant, empty for none. */
  readonly tenant: string;
  /** Who calls, undefined if no valid token was sent. */
  readonly caller: Caller | undefined;
}

/** One call that is answered by a stream. */
export interface StreamCall extends Call {
  /** The id of the call. */
  readonly requestId: string;
  /**
   * Aborts when nothing more is to be sent: the caller left, the deadline
   * passed, or the server ends what would not end by itself.
   */
  readonly signal: AbortSignal;
}

/** Context values the interceptors leave for the implementation. */
export const callContext = {
  requestId: createContextKey<string>("", { description: "request id" }),
  tenant: createContextKey<string>("", { description: "tenant" }),
  caller: createContextKey<Caller | undefined>(undefined, { description: "caller" }),
};
