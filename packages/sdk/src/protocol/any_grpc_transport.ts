import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { Code } from "@connectrpc/connect";
import type { WireOptions } from "../options/options.js";
import { unaryAnswer } from "../wire/own_headers.js";
import type { Recording } from "../wire/recorder.js";
import { type AnswerEnd, AnswerMessages } from "./answer_messages.js";
import { envelope } from "./envelope.js";
import type { HeaderList, MessageForm } from "./form.js";
import type { GrpcHead } from "./grpc_protocol.js";
import { protocolError, statedError } from "./protocol_errors.js";
import { BytesBody } from "./request_body.js";
import { type HttpAnswer, WireTransport } from "./wire_transport.js";

/** Transport of gRPC or of gRPC-Web, which differ in heads and ends of answers. */
export abstract class AnyGrpcTransport extends WireTransport {
  private readonly ownHeaders: HeaderList;

  /** @param headersOf - Creates the headers of each request. */
  constructor(options: WireOptions, headersOf: (form: MessageForm) => HeaderList) {
    super(options);
    this.ownHeaders = headersOf(this.form);
  }

  /** Reads the head of an answer; a promise if its body is read first. */
  protected abstract head(
    answer: HttpAnswer,
    recording: Recording | undefined,
  ): GrpcHead | Promise<GrpcHead>;
  /** Returns what ends the messages of an answer. */
  protected abstract endOf(answer: HttpAnswer, recording: Recording | undefined): AnswerEnd;
  /** True if an answer without a message states a status. */
  protected abstract hasStatus(answer: HttpAnswer): boolean;

  protected headers(): HeaderList {
    return this.ownHeaders;
  }

  protected async sendUnary(
    request: UnaryRequest,
    recording: Recording | undefined,
  ): Promise<UnaryResponse> {
    const bytes = envelope(this.codecOf(request.method).write(request.message), this.form);
    const body = new BytesBody(bytes instanceof Promise ? await bytes : bytes);
    const answer = await this.post(request, body, recording);
    const head = await this.head(answer, recording);
    const message = await this.messages(request, answer, head, recording).only();
    const { error } = head;
    if (message === undefined) {
      const code = this.hasStatus(answer) ? Code.Unimplemented : Code.Unknown;
      throw error === undefined
        ? protocolError("no message in a unary answer", code)
        : statedError(error, recording);
    }
    if (error !== undefined) {
      throw protocolError("a message beside a status that is an error", Code.Unknown);
    }
    const { header, trailer } = answer;
    const { method, service } = request;
    return unaryAnswer({ service, method, header, trailer, message });
  }

  protected async sendStream(
    request: StreamRequest,
    recording: Recording | undefined,
  ): Promise<StreamResponse> {
    const { method, service } = request;
    const answer = await this.sendMessages(request, recording);
    const head = await this.head(answer, recording);
    if (head.error !== undefined) {
      throw statedError(head.error, recording);
    }
    const { header, trailer } = answer;
    const messages = this.messages(request, answer, head, recording);
    return { stream: true, service, method, header, trailer, message: messages };
  }

  private messages(
    request: UnaryRequest | StreamRequest,
    answer: HttpAnswer,
    { compression }: GrpcHead,
    recording: Recording | undefined,
  ): AnswerMessages {
    const { readMaxBytes } = this.form;
    const owned = request.stream ? this.ownedBy(request) : undefined;
    return new AnswerMessages(
      answer.body,
      this.codecOf(request.method),
      { compression, readMaxBytes, end: this.endOf(answer, recording) },
      recording,
      owned,
    );
  }
}
