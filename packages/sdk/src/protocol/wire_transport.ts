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
  type DescService,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { WireOptions } from "../options/options.js";
import { drain } from "../wire/drain.js";
import { refuseOtherOrigin } from "../wire/origin_guard.js";
import type { AnyRequest, Recording, Send } from "../wire/recorder.js";
import { type RecordedRequest, sentRequest } from "../wire/sent_request.js";
import { Codecs, type MethodCodec } from "./codec.js";
import type { OwnedRequest } from "./answer_messages.js";
import { createdMessages } from "./created_messages.js";
import type { HeaderList, MessageForm } from "./form.js";
import { MessagesBody } from "./request_body.js";
import { RequestSignal } from "./request_signal.js";

/** Answer of an HTTP client. */
export type HttpAnswer = UniversalClientResponse;

type HeadersInit = ConstructorParameters<typeof Headers>[0];

/**
 * Connect transport that speaks a protocol over an HTTP client. It has no timer: time limits are its
 * caller's.
 */
export abstract class WireTransport implements Transport {
  protected readonly form: MessageForm;
  private readonly codecs: Codecs;
  private readonly refuse: ReturnType<typeof refuseOtherOrigin>;
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
    const send: Send = (request, recording) =>
      request.stream ? this.sendStream(request, recording) : this.sendUnary(request, recording);
    this.refuse = refuseOtherOrigin(baseUrl);
    this.innermost = innermost === undefined ? send : innermost(send);
    this.interceptors = others;
  }

  /** Returns the headers of each request of a method, besides the caller's. */
  protected abstract headers(method: DescMethod): HeaderList;
  protected abstract sendUnary(
    request: UnaryRequest,
    recording: Recording | undefined,
  ): Promise<UnaryResponse>;
  protected abstract sendStream(
    request: StreamRequest,
    recording: Recording | undefined,
  ): Promise<StreamResponse>;

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
      const message = create(method.input as DescMessage, input);
      return this.run(this.request(method, header, contextValues, message, ended)).then(
        (response) => {
          ended.finish();
          return response as UnaryResponse<I, O>;
        },
        failed,
      );
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
      const messages = createdMessages(method.input, input);
      const response = (await this.run(
        this.request(method, header, contextValues, messages, ended),
      )) as StreamResponse<I, O>;
      return this.interceptors.length === 0
        ? response
        : { ...response, message: endedWith(response.message, ended) };
    } catch (reason) {
      throw ended.fail(reason);
    }
  }

  protected codecOf(method: DescMethod): MethodCodec {
    return this.codecs.of(method);
  }

  /** Returns what ends a request with the messages of its answer; undefined if interceptors come between. */
  protected ownedBy(request: StreamRequest): OwnedRequest | undefined {
    return (request as Partial<OwnRequest>).ending;
  }

  /** Sends a request whose body is the envelopes of messages. */
  protected sendMessages(
    request: StreamRequest,
    recording: Recording | undefined,
  ): Promise<HttpAnswer> {
    const body = new MessagesBody(request.message, this.codecOf(request.method), this.form);
    return this.post(request, body, recording);
  }

  /** Sends a request with a body. */
  protected post(
    request: AnyRequest,
    body: AsyncIterable<Uint8Array>,
    recording: Recording | undefined,
  ): Promise<HttpAnswer> {
    const { url } = request;
    return this.send(sentRequest(request, { url, method: "POST", body }), recording);
  }

  /** Sends a request, and records what becomes of it. */
  protected send(request: RecordedRequest, recording: Recording | undefined): Promise<HttpAnswer> {
    const { httpClient } = this.options;
    const refused = this.refuse(request.url);
    if (refused !== undefined) {
      return Promise.reject(refused);
    }
    return recording === undefined ? httpClient(request) : recording.run(httpClient, request);
  }

  /** Reads the body of an answer that states nothing in it, so that it is known whether it came whole. */
  protected drained({ body }: HttpAnswer, recording: Recording | undefined): Promise<void> {
    return drain(body, this.form.readMaxBytes, recording);
  }

  private request(
    method: DescMethod,
    init: HeadersInit,
    contextValues: ContextValues,
    message: Message | AsyncIterable<Message>,
    ended: RequestSignal,
  ): AnyRequest {
    const { url } = this.codecOf(method);
    const header = this.headerOf(method, init);
    const own = new OwnRequest(method, url, header, contextValues, message, ended);
    return this.interceptors.length === 0 ? (own as unknown as AnyRequest) : own.forInterceptors();
  }

  private headerOf(method: DescMethod, init: HeadersInit): Headers {
    // Nobody but the SDK sees those of a unary request without interceptors.
    const isOwn =
      init === undefined && method.methodKind === "unary" && this.interceptors.length === 0;
    const header = (isOwn ? this.options.createHeaders?.() : undefined) ?? new Headers(init);
    for (const [name, value] of this.headers(method)) {
      header.set(name, value);
    }
    return header;
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

/**
 * Request that no interceptor of users sees. A getter of a class costs less than one of an object, but
 * is not there in a copy of it.
 */
class OwnRequest {
  readonly requestMethod = "POST";
  readonly stream: boolean;
  readonly service: DescService;

  constructor(
    readonly method: DescMethod,
    readonly url: string,
    readonly header: Headers,
    readonly contextValues: ContextValues,
    readonly message: Message | AsyncIterable<Message>,
    readonly ending: RequestSignal,
  ) {
    this.stream = method.methodKind !== "unary";
    this.service = method.parent;
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** Returns a request that may be copied. */
  forInterceptors(): AnyRequest {
    const { ending, stream, service, method, requestMethod, url, header } = this;
    const { contextValues, message } = this;
    return {
      stream,
      service,
      method,
      requestMethod,
      url,
      header,
      get signal() {
        return ending.signal;
      },
      contextValues,
      message,
    } as AnyRequest;
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
        return: () => below.return?.() ?? Promise.resolve({ done: true, value: undefined }),
      };
    },
  };
}
