import {
  type ContextKey,
  createContextKey,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { unheard } from "../runtime/callbacks.js";

/** Request of an attempt, as an interceptor sees it. */
export type AnyRequest = UnaryRequest | StreamRequest;
type AnyResponse = UnaryResponse | StreamResponse;

/** Connect's innermost function, as an interceptor sees it. */
export type Next = (request: AnyRequest) => Promise<AnyResponse>;

/** Call that takes part below the users' interceptors. */
export interface InterceptedCall {
  /** Runs the current attempt. */
  intercept(next: Next, request: AnyRequest): Promise<AnyResponse>;
}

/** Leads from the request of an attempt to its call. */
export const callKey: ContextKey<InterceptedCall | undefined> = createContextKey<
  InterceptedCall | undefined
>(undefined, { description: "ameide call" });

/** Hands each attempt to its call; runs innermost. */
export const attemptInterceptor: Interceptor = (next) => (request) => {
  const call = request.contextValues.get(callKey);
  return call === undefined ? next(request) : call.intercept(next, request);
};

/**
 * Wraps an interceptor that may fail while the function it called goes on: its later failure is not
 * reported as unhandled.
 */
export function mayLeave(interceptor: Interceptor): Interceptor {
  return (next) => interceptor((request) => unheard(next(request)));
}
