import { setTimeout as sleep } from "node:timers/promises";
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  BidiStreamRequestSchema,
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
  ClientStreamRequestSchema,
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  StreamType,
  UnaryRequestSchema,
  UnimplementedRequestSchema,
} from "@ameideio/conformance-proto/connectrpc/conformance/v1";
import { cancellation } from "./cancellation.js";
import { fromProtoHeaders, toProtoError, toProtoHeaders } from "./result.js";

/**
 * Makes the call that a case describes, and returns its result.
 *
 * @throws Error if the case describes no call; a failure of the call is a result.
 */
export async function makeCall(
  transport: Transport,
  request: ClientCompatRequest,
): Promise<ClientResponseResult> {
  const call = new Call(createClient(ConformanceService, transport), request);
  const start = call.prepare();
  try {
    await start();
  } catch (reason) {
    call.failed(reason);
  }
  return call.result;
}

class Call {
  readonly result = create(ClientResponseResultSchema);
  private readonly cancel: ReturnType<typeof cancellation>;
  private readonly options: CallOptions;
  private answered: () => void = () => {};

  constructor(
    private readonly client: Client<typeof ConformanceService>,
    private readonly request: ClientCompatRequest,
  ) {
    this.cancel = cancellation(request.cancel);
    this.options = {
      headers: fromProtoHeaders(request.requestHeaders),
      signal: this.cancel.signal,
      ...(request.timeoutMs !== undefined && { timeoutMs: request.timeoutMs }),
      onHeader: (headers) => (this.result.responseHeaders = toProtoHeaders(headers)),
      onTrailer: (trailers) => (this.result.responseTrailers = toProtoHeaders(trailers)),
    };
  }

  /** Reads the messages of the case, and returns the function that makes the call. */
  prepare(): () => Promise<void> {
    const { client, options } = this;
    const { service, method } = this.request;
    if (service !== undefined && service !== ConformanceService.typeName) {
      throw new Error(`the client knows no service ${service}`);
    }
    switch (method) {
      case ConformanceService.method.unary.name: {
        const input = this.message(UnaryRequestSchema);
        return () => this.single(() => client.unary(input, options));
      }
      case ConformanceService.method.idempotentUnary.name: {
        const input = this.message(IdempotentUnaryRequestSchema);
        return () => this.single(() => client.idempotentUnary(input, options));
      }
      case ConformanceService.method.unimplemented.name: {
        const input = this.message(UnimplementedRequestSchema);
        return () =>
          this.single(() =>
            client.unimplemented(input, options).then(() => ({ payload: undefined })),
          );
      }
      case ConformanceService.method.serverStream.name: {
        const input = this.message(ServerStreamRequestSchema);
        return async () => {
          await this.pause();
          const responses = client.serverStream(input, options);
          this.cancel.requestClosed();
          await this.read(responses);
        };
      }
      case ConformanceService.method.clientStream.name: {
        const inputs = this.messages(ClientStreamRequestSchema);
        return async () => this.took(await client.clientStream(this.send(inputs), options));
      }
      case ConformanceService.method.bidiStream.name: {
        const inputs = this.messages(BidiStreamRequestSchema);
        return () => this.read(client.bidiStream(this.send(inputs), options));
      }
      default:
        throw new Error(`the client knows no method ${method ?? "without a name"}`);
    }
  }

  failed(reason: unknown): void {
    const { error, metadata } = toProtoError(reason);
    this.result.error = error;
    // The metadata of an error is headers and trailers together.
    if (this.result.responseHeaders.length === 0) {
      this.result.responseHeaders = metadata;
    }
    this.result.responseTrailers = metadata;
  }

  private async single(call: () => Promise<WithPayload>): Promise<void> {
    await this.pause();
    const response = call();
    this.cancel.requestClosed();
    this.took(await response);
  }

  private took({ payload }: WithPayload): void {
    this.result.payloads.push(payload ?? create(ConformancePayloadSchema));
  }

  private async read(responses: AsyncIterable<WithPayload>): Promise<void> {
    try {
      for await (const response of responses) {
        this.took(response);
        this.cancel.responded(this.result.payloads.length);
        this.answered();
      }
    } finally {
      this.answered();
    }
  }

  // In full duplex, each message but the first follows the answer to the one before.
  private async *send<T>(messages: readonly T[]): AsyncGenerator<T> {
    const takesTurns = this.request.streamType === StreamType.FULL_DUPLEX_BIDI_STREAM;
    for (const message of messages) {
      await this.pause();
      const turn = new Promise<void>((answered) => (this.answered = answered));
      yield message;
      if (takesTurns) {
        await turn;
      }
    }
    this.cancel.beforeClose();
    this.cancel.requestClosed();
  }

  private async pause(): Promise<void> {
    await sleep(this.request.requestDelayMs);
  }

  private message<T extends DescMessage>(schema: T): MessageShape<T> {
    const [only, ...others] = this.messages(schema);
    if (only === undefined || others.length > 0) {
      throw new Error("the case must have one request message");
    }
    return only;
  }

  private messages<T extends DescMessage>(schema: T): readonly MessageShape<T>[] {
    return this.request.requestMessages.map((any) => {
      const message = anyUnpack(any, schema);
      if (message === undefined) {
        throw new Error(`the case must send ${schema.typeName}, has ${any.typeUrl}`);
      }
      return message;
    });
  }
}

interface WithPayload {
  readonly payload?: ConformancePayload | undefined;
}
