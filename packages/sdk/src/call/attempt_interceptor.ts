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

/** The request of an attempt, as an interceptor sees it. */
export type AnyRequest = UnaryRequest | StreamRequest;
type AnyResponse = UnaryResponse | StreamResponse;

/** What Connect's innermost function looks like to an interceptor. */
export type Next = (request: AnyRequest) => Promise<AnyResponse>;

/** A call that takes part below the users' interceptors. */
export interface InterceptedCall {
  /** Runs the attempt that is going on. */
  intercept(next: Next, request: AnyRequest): Promise<AnyResponse>;
}

/** Leads from the request of an attempt to its call. */
export const callKey: ContextKey<InterceptedCall | undefined> = createContextKey<
  InterceptedCall | undefined
>(undefined, { description: "ameide call" });

/** The innermost interceptor: hands each attempt to the call it belongs to. */
export const attemptInterceptor: Interceptor = (next) => (request) => {
  const call = request.contextValues.get(callKey);
  return call === undefined ? next(request) : call.intercept(next, request);
};

/** An interceptor that may fail while what it called goes on: nobody waits for that then. */
export function mayLeave(interceptor: Interceptor): Interceptor {
  return (next) => interceptor((request) => unheard(next(request)));
}
