import type { ContextValues, StreamResponse, Transport, UnaryResponse } from "@connectrpc/connect";
import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
} from "@bufbuild/protobuf";
import type { Attempt } from "./attempt.js";
import { timerDelay } from "../policy/deadline.js";

/** Call that does the work of the attempt interceptor where there is none. */
export interface CustomCall {
  /** Begins an attempt; returns its limit in milliseconds, if it has one. */
  beginCustom(attempt: Attempt, headers: Headers): number | undefined;
}

/** Connect transport below the policy. */
export interface InnerTransport {
  /** True if the attempt interceptor runs and a recorder watches. */
  readonly instrumented: boolean;
  unary<I extends DescMessage, O extends DescMessage>(
    attempt: Attempt,
    call: CustomCall,
    signal: AbortSignal | undefined,
    method: DescMethodUnary<I, O>,
    headers: Headers | undefined,
    input: MessageInitShape<I>,
    values: ContextValues,
  ): Promise<UnaryResponse<I, O>>;
  stream<I extends DescMessage, O extends DescMessage>(
    attempt: Attempt,
    call: CustomCall,
    signal: AbortSignal,
    method: DescMethodStreaming<I, O>,
    headers: Headers | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
    values: ContextValues,
  ): Promise<StreamResponse<I, O>>;
}

/** Wraps a transport of the SDK, whose innermost interceptor is the attempt interceptor. */
export function instrumentedTransport(transport: Transport): InnerTransport {
  return {
    instrumented: true,
    unary: (_attempt, _call, signal, method, headers, input, values) =>
      transport.unary(method, signal, undefined, headers, input, values),
    stream: (_attempt, _call, signal, method, headers, input, values) =>
      transport.stream(method, signal, undefined, headers, input, values),
  };
}

/**
 * Wraps a transport that the user supplies, which has neither the attempt interceptor nor a
 * recorder.
 */
export function customTransport(transport: Transport): InnerTransport {
  return {
    instrumented: false,
    unary: (attempt, call, signal, method, headers = new Headers(), input, values) => {
      return promised(() => {
        const ms = safeTimeout(call.beginCustom(attempt, headers));
        return transport.unary(method, signal, ms, headers, input, values);
      });
    },
    stream: (attempt, call, signal, method, headers = new Headers(), input, values) => {
      return promised(() => {
        const ms = safeTimeout(call.beginCustom(attempt, headers));
        return transport.stream(method, signal, ms, headers, input, values);
      });
    },
  };
}

// A foreign transport may throw, or return something other than a promise.
function promised<T>(run: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(run());
  } catch (reason) {
    return Promise.reject(reason);
  }
}

// The runtime's own timer must neither overflow nor fire before ours.
function safeTimeout(ms: number | undefined): number | undefined {
  return ms !== undefined && ms === timerDelay(ms) ? ms : undefined;
}
