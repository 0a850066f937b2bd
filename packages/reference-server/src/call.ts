import type { DescMethod } from "@bufbuild/protobuf";
import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { TokenType, type IntrospectResponse } from "@ameideio/core-proto/ameide/identity/v1";

/** A token that was accepted. */
export interface Caller {
  /** Claims of the token. */
  readonly claims: IntrospectResponse;
  /** API key that the token was issued for, undefined for static tokens. */
  readonly apiKeyId: string | undefined;
}

/** One call, as the implementation of a method sees it. */
export interface Call {
  /** Method that is called. */
  readonly method: DescMethod;
  /** Tenant, empty for none. */
  readonly tenant: string;
  /** Caller, undefined if no valid token was sent. */
  readonly caller: Caller | undefined;
}

/** One call that is answered by a stream. */
export interface StreamCall extends Call {
  /** Id of the call. */
  readonly requestId: string;
  /**
   * Aborts when nothing more is to be sent: the caller left, the deadline passed, or the server
   * ends a stream that would not end by itself.
   */
  readonly signal: AbortSignal;
}

/** Returns a call as the interceptors left it. */
export function callOf(method: DescMethod, { values }: HandlerContext): Call {
  return {
    method,
    tenant: values.get(callContext.tenant),
    caller: values.get(callContext.caller),
  };
}

/**
 * Returns the person who calls, or on whose behalf an agent or a service does, as in the subject of
 * a person's token. Undefined where it is for no person.
 */
export function personOf({ caller }: Call): string | undefined {
  const { tokenType, subject, userSubject } = caller?.claims ?? {};
  return tokenType === TokenType.USER ? subject : userSubject || undefined;
}

/** Context values that the interceptors leave for the implementation. */
export const callContext = {
  requestId: createContextKey<string>("", { description: "request id" }),
  tenant: createContextKey<string>("", { description: "tenant" }),
  caller: createContextKey<Caller | undefined>(undefined, { description: "caller" }),
};
