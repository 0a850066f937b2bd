import type { DescMethodUnary } from "@bufbuild/protobuf";
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
  readonly method: DescMethodUnary;
  /** The tenant, empty for none. */
  readonly tenant: string;
  /** Who calls, undefined if no valid token was sent. */
  readonly caller: Caller | undefined;
}

/** Context values the interceptors leave for the implementation. */
export const callContext = {
  tenant: createContextKey<string>("", { description: "tenant" }),
  caller: createContextKey<Caller | undefined>(undefined, { description: "caller" }),
};
