import { type ContextKey, createContextKey, type Interceptor } from "@connectrpc/connect";
import { unheard } from "../runtime/callbacks.js";
import type { AnyRequest, Send } from "../wire/recorder.js";

/** Call that takes part below the users' interceptors. */
export interface InterceptedCall {
  /** Runs the current attempt. */
  intercept(next: Send, request: AnyRequest): ReturnType<Send>;
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
