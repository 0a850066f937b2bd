import type {
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { pause } from "./abort.js";
import { callContext, callOf, type StreamCall } from "./call.js";
import type { Store } from "./store.js";

type AnyMethod = DescMethodServerStreaming | DescMethodBiDiStreaming;
type AnyRequest = MessageShape<AnyMethod["input"]>;
type AnyEvent = MessageInitShape<AnyMethod["output"]>;

/** A method that answers one request, or a stream of them, by a stream, without its types. */
export type AnyServerStream<R extends AnyRequest | AsyncIterable<AnyRequest> = AnyRequest> = (
  request: R,
  call: StreamCall,
) => AsyncIterable<AnyEvent>;

/**
 * Wraps a method that answers by a stream for a router. The stream counts as open in the store
 * until its last event is sent or the caller leaves.
 */
export function serverStream<R extends AnyRequest | AsyncIterable<AnyRequest>>(
  store: Store,
  method: AnyMethod,
  execute: AnyServerStream<R>,
) {
  return async function* (request: R, context: HandlerContext) {
    const ending = new AbortController();
    const { signal } = ending;
    const called = callOf(method, context);
    const closed = store.openStreams.add(called, ending);
    let events: AsyncIterator<AnyEvent> | undefined;
    // A caller that left while an event waited to be sent asks neither for another nor for the end.
    const end = () => void events?.return?.().finally(closed);
    const leave = () => ending.abort(context.signal.reason);
    signal.addEventListener("abort", end, { once: true });
    context.signal.addEventListener("abort", leave, { once: true });
    if (context.signal.aborted) {
      leave();
    }
    try {
      const delayMs = store.delayMs(method);
      if (delayMs > 0) {
        await pause(delayMs, signal);
      }
      const requestId = context.values.get(callContext.requestId);
      const call: StreamCall = { ...called, requestId, signal };
      events = execute(request, call)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await events.next();
        signal.throwIfAborted();
        if (done) {
          return;
        }
        yield value;
      }
    } finally {
      closed();
      signal.removeEventListener("abort", end);
      context.signal.removeEventListener("abort", leave);
    }
  };
}
