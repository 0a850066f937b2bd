import { setTimeout as sleep } from "node:timers/promises";
import type {
  DescMethod,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { callContext, type Call } from "./call.js";
import { KEY_HEADER } from "./idempotency.js";
import type { Store } from "./store.js";

/**
 * The unary methods of a service. Each is synchronous: between its first and
 * last line no other call is executed, and what it throws it has not done.
 */
export type UnaryMethods<S extends DescService> = {
  [
    K in keyof S["method"] as S["method"][K] extends DescMethodUnary ? K : never
  ]: S["method"][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, call: Call) => MessageInitShape<O>
    : never;
};

/** A method without its types, as the mechanics around it see it. */
type AnyMethod = (
  request: MessageShape<DescMethodUnary["input"]>,
  call: Call,
) => MessageInitShape<DescMethodUnary["output"]>;

/** The unary methods of a service for a router. Its streams are left out: `unimplemented`. */
export function implement<S extends DescService>(
  store: Store,
  service: S,
  methods: UnaryMethods<S>,
): Partial<ServiceImpl<S>> {
  const implementation: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (!isUnary(method)) continue;
    const execute = (methods as Record<string, AnyMethod>)[method.localName];
    if (execute !== undefined) implementation[method.localName] = unary(store, method, execute);
  }
  return implementation as Partial<ServiceImpl<S>>;
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function unary(store: Store, method: DescMethodUnary, execute: AnyMethod) {
  return async (request: Parameters<AnyMethod>[0], context: HandlerContext) => {
    const call: Call = {
      method,
      tenant: context.values.get(callContext.tenant),
      caller: context.values.get(callContext.caller),
    };
    const key = context.requestHeader.get(KEY_HEADER);
    const outcome = store.idempotencyKeys.run(call, request, key, async (once) => {
      // An execution that others may wait for outlives the call that began it.
      await delay(store.delayMs(method), once ? undefined : context.signal);
      return execute(request, call);
    });
    const { answer, replayed } = await unlessAborted(outcome, context.signal);
    if (replayed) context.responseHeader.set("idempotency-replayed", "true");
    return answer;
  };
}

async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, signal && { signal });
}

/** @throws the signal's reason as soon as it aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
