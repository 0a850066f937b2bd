import { setTimeout as sleep } from "node:timers/promises";
import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { unlessAborted } from "./abort.js";
import { callOf, type Call } from "./call.js";
import { KEY_HEADER } from "./idempotency.js";
import type { Store } from "./store.js";

/** Unary method without its types, as the code around it sees it. */
export type AnyUnary = (
  request: MessageShape<DescMethodUnary["input"]>,
  call: Call,
) => MessageInitShape<DescMethodUnary["output"]>;

/** Wraps a unary method for a router, with idempotency keys. */
export function unary(store: Store, method: DescMethodUnary, execute: AnyUnary) {
  return async (request: Parameters<AnyUnary>[0], context: HandlerContext) => {
    const call = callOf(method, context);
    const key = context.requestHeader.get(KEY_HEADER);
    const outcome = store.idempotencyKeys.run(call, request, key, async (once) => {
      // An execution that others may wait for outlives the call that began it.
      await delay(store.delayMs(method), once ? undefined : context.signal);
      return execute(request, call);
    });
    const { answer, replayed } = await unlessAborted(outcome, context.signal);
    if (replayed) {
      context.responseHeader.set("idempotency-replayed", "true");
    }
    return answer;
  };
}

async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) {
    await sleep(ms, undefined, signal && { signal });
  }
}
