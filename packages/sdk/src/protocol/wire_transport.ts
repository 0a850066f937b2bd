import {
  type ContextValues,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { UniversalClientResponse } from "@connectrpc/connect/protocol";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { WireOptions } from "../options/options.js";
import { Codecs, type MethodCodec } from "./codec.js";
import { createdMessages } from "./created_messages.js";
import type { HeaderList, MessageForm } from "./form.js";
import { MessagesBody } from "./request_body.js";
import { RequestSignal } from "./request_signal.js";

/** Answer of an HTTP client. */
export type HttpAnswer = UniversalClientResponse;

type AnyRequest = UnaryRequest | StreamRequest;
type Send = (request: AnyRequest) => Promise<UnaryResponse | StreamResponse>;
type HeadersInit = ConstructorParameters<typeof Headers>[0];

/**
 * Connect transport that speaks a protocol over an HTTP client. It has no timer: time limits are its
 * caller's.
 */
export abstract class WireTransport implements Transport {
  protected readonly form: MessageForm;
  private readonly codecs: Codecs;
  private readonly innermost: Send;
  // The others, from the inside out.
  private readonly interceptors: readonly Interceptor[];

  constructor(protected readonly options: WireOptions) {
    const { baseUrl, jsonOptions, useBinaryFormat } = options;
    this.form = {
      json: !useBinaryFormat,
      accept: options.acceptCompression[0],
      send: options.sendCompression ?? undefined,
      compressFromBytes: options.compressMinBytes + 1,
      readMaxBytes: options.readMaxBytes,
    };
    this.codecs = new Codecs({ baseUrl, jsonOptions, useBinaryFormat });
    const [innermost, ...others] = [...(options.interceptors ?? [])].reverse();
    const send: Send = (request) =>
      request.stream ? this.sendStream(request) : this.sendUnary(request);
    this.innermost = innermost === undefined ? send : innermost(send);
    this.interceptors = others;
  }

  /** Returns the headers of each request of a method, besides the caller's. */
  protected abstract headers(method: DescMethod): HeaderList;
  protected abstract sendUnary(request: UnaryRequest): Promise<UnaryResponse>;
  protected abstract sendStream(request: StreamRequest): Promise<StreamResponse>;

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    _timeoutMs: number | undefined,
    header: HeadersInit,
    input: MessageInitShape<I>,
    contextValues: ContextValues = createContextValues(),
  ): Promise<UnaryResponse<I, O>> {
    const ended = new RequestSignal(signal, this.interceptors.length > 0);
    const failed = (reason: unknown): never => {
      throw ended.fail(reason);
    };
    try {
      const request = {
        ...this.common(method, header),
        stream: false as const,
        get signal() {
          return ended.signal;
        },
        contextValues,
        message: create(method.input as DescMessage, input),
      };
      return this.run(request).then((response) => {
        ended.finish();
        return response as UnaryResponse<I, O>;
      }, failed);
    } catch (reason) {
      return Promise.reject(ended.fail(reason));
    }
  }

  async stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    _timeoutMs: number | undefined,
    header: HeadersInit,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues: ContextValues = createContextValues(),
  ): Promise<StreamResponse<I, O>> {
    const ended = new RequestSignal(signal, this.interceptors.length > 0);
    try {
      const request = {
        ...this.common(method, header),
        stream: true as const,
        get signal() {
          return ended.signal;
        },
        contextValues,
        message: createdMessages(method.input, input),
      };
      const response = (await this.run(request)) as StreamResponse<I, O>;
      return { ...response, message: endedWith(response.message, ended) };
    } catch (reason) {
      throw ended.fail(reason);
    }
  }

  protected codecOf(method: DescMethod): MethodCodec {
    return this.codecs.of(method);
  }

  /** Sends a request whose body is the envelopes of messages. */
  protected sendMessages(
    request: AnyRequest,
    messages: AsyncIterable<Message>,
  ): Promise<HttpAnswer> {
    const codec = this.codecOf(request.method);
    return this.post(request, new MessagesBody(messages, codec, this.form));
  }

  /** Sends a request with a body. */
  protected post(request: AnyRequest, body: AsyncIterable<Uint8Array>): Promise<HttpAnswer> {
    const { header, url } = request;
    return this.options.httpClient({
      url,
      method: "POST",
      header,
      get signal() {
        return request.signal;
      },
      body,
    });
  }

  private common<M extends DescMethod>(method: M, init: HeadersInit) {
    const header = new Headers(init);
    for (const [name, value] of this.headers(method)) {
      header.set(name, value);
    }
    const { url } = this.codecOf(method);
    return { service: method.parent, method, requestMethod: "POST", url, header };
  }

  // Interceptors are applied anew for each call, as Connect does: they may keep something of it. The
  // innermost is the SDK's own, and keeps nothing.
  private run(request: AnyRequest): ReturnType<Send> {
    let next = this.innermost;
    for (const each of this.interceptors) {
      next = each(next);
    }
    return next(request);
  }
}

// Ends the request with its last message, or with an error.
function endedWith<T>(messages: AsyncIterable<T>, ended: RequestSignal): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const below = messages[Symbol.asyncIterator]();
      return {
        next: () =>
          below.next().then(
            (result) => {
              if (result.done === true) {
                ended.finish();
              }
              return result;
            },
            (reason: unknown) => {
              throw ended.fail(reason);
            },
          ),
      };
    },
  };
}
