import type { DescMethodClientStreaming, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { pause } from "./abort.js";
import { callOf, type Call } from "./call.js";
import { Problem } from "./errors.js";
import type { Store } from "./store.js";

const MAX_REQUESTS = 10_000;

type AnyRequest = MessageShape<DescMethodClientStreaming["input"]>;

/** A method that answers a stream of requests once, without its types. */
export type AnyClientStream = (
  requests: readonly AnyRequest[],
  call: Call,
) => MessageInitShape<DescMethodClientStreaming["output"]>;

/**
 * Wraps a method that answers a stream of requests once for a router. It is executed when all are
 * there, so a caller that leaves before has changed nothing.
 */
export function clientStream(
  store: Store,
  method: DescMethodClientStreaming,
  execute: AnyClientStream,
) {
  return async (stream: AsyncIterable<AnyRequest>, context: HandlerContext) => {
    const requests: AnyRequest[] = [];
    for await (const request of stream) {
      requests.push(request);
      if (requests.length > MAX_REQUESTS) {
        const most = `a stream has at most ${MAX_REQUESTS} requests`;
        throw new Problem(Code.ResourceExhausted, "TOO_MANY_REQUESTS", most);
      }
    }
    await pause(store.delayMs(method), context.signal);
    return execute(requests, callOf(method, context));
  };
}
