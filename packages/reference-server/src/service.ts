import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Call, StreamCall } from "./call.js";
import { clientStream, type AnyClientStream } from "./client_stream.js";
import { serverStream, type AnyServerStream } from "./server_stream.js";
import type { Store } from "./store.js";
import { unary, type AnyUnary } from "./unary.js";

/**
 * Methods of a service. One that gives one answer is synchronous: between its first and last line
 * no other call is executed, and a method that throws has changed nothing. Of a stream of requests
 * it gets all.
 */
export type Methods<S extends DescService> = {
  [K in keyof S["method"]]: Method<S["method"][K]>;
};

type Method<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, call: Call) => MessageInitShape<O>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, call: StreamCall) => AsyncIterable<MessageInitShape<O>>
      : M extends DescMethodBiDiStreaming<infer I, infer O>
        ? (
            requests: AsyncIterable<MessageShape<I>>,
            call: StreamCall,
          ) => AsyncIterable<MessageInitShape<O>>
        : M extends DescMethodClientStreaming<infer I, infer O>
          ? (requests: readonly MessageShape<I>[], call: Call) => MessageInitShape<O>
          : never;

/** Implements the methods of a service for a router. */
export function implement<S extends DescService>(
  store: Store,
  service: S,
  methods: Methods<S>,
): ServiceImpl<S> {
  const own = methods as Record<string, AnyUnary & AnyServerStream & AnyClientStream>;
  const implementation: Record<string, unknown> = {};
  for (const method of service.methods) {
    const execute = own[method.localName];
    if (execute === undefined) {
      continue;
    }
    if (isUnary(method)) {
      implementation[method.localName] = unary(store, method, execute);
    } else if (answersByStream(method)) {
      implementation[method.localName] = serverStream<Message>(store, method, execute);
    } else if (isClientStream(method)) {
      implementation[method.localName] = clientStream(store, method, execute);
    }
  }
  return implementation as ServiceImpl<S>;
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function isClientStream(method: DescMethod): method is DescMethodClientStreaming {
  return method.methodKind === "client_streaming";
}

function answersByStream(
  method: DescMethod,
): method is DescMethodServerStreaming | DescMethodBiDiStreaming {
  return method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";
}
