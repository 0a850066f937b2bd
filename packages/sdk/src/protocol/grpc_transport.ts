import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { Code } from "@connectrpc/connect";
import type { Message } from "@bufbuild/protobuf";
import type { WireOptions } from "../options/options.js";
import type { Recording } from "../wire/recorder.js";
import { type AnswerForm, AnswerMessages } from "./answer_messages.js";
import { envelope } from "./envelope.js";
import type { HeaderList } from "./form.js";
import {
  type GrpcHead,
  grpcHeaders,
  lacksStatus,
  readGrpcHead,
  readTrailers,
} from "./grpc_protocol.js";
import { protocolError } from "./protocol_errors.js";
import { BytesBody } from "./request_body.js";
import { type HttpAnswer, WireTransport } from "./wire_transport.js";

/** Transport of the gRPC protocol. */
export class GrpcTransport extends WireTransport {
  private readonly grpcHeaders: HeaderList;

  constructor(options: WireOptions) {
    super(options);
    this.grpcHeaders = grpcHeaders(this.form);
  }

  protected headers(): HeaderList {
    return this.grpcHeaders;
  }

  protected async sendUnary(
    request: UnaryRequest,
    recording: Recording | undefined,
  ): Promise<UnaryResponse> {
    const bytes = envelope(this.codecOf(request.method).write(request.message), this.form);
    const body = new BytesBody(bytes instanceof Promise ? await bytes : bytes);
    const answer = await this.post(request, body, recording);
    const head = await this.head(answer, recording);
    const { header, trailer } = answer;
    const message = await this.readOne(request, answer, head, recording);
    const { method, service } = request;
    return { stream: false, service, method, header, trailer, message };
  }

  protected async sendStream(
    request: StreamRequest,
    recording: Recording | undefined,
  ): Promise<StreamResponse> {
    const { method, service } = request;
    const answer = await this.sendMessages(request, recording);
    const head = await this.head(answer, recording);
    if (head.error !== undefined) {
      throw recording?.stated(head.error) ?? head.error;
    }
    const { header, trailer } = answer;
    const messages = this.messages(request, answer, head, recording);
    return { stream: true, service, method, header, trailer, message: messages };
  }

  private async head(answer: HttpAnswer, recording: Recording | undefined): Promise<GrpcHead> {
    if (answer.status !== 200) {
      await this.drained(answer, recording);
    }
    return readGrpcHead(answer, this.form);
  }

  private async readOne(
    request: UnaryRequest,
    answer: HttpAnswer,
    head: GrpcHead,
    recording: Recording | undefined,
  ): Promise<Message> {
    const messages = this.messages(request, answer, head, recording);
    const { value: message } = await messages.next();
    if (message !== undefined && (await messages.next()).done !== true) {
      throw protocolError("a second message in a unary answer", Code.Unimplemented);
    }
    const { error } = head;
    if (message === undefined) {
      const code = answer.trailer.has("grpc-status") ? Code.Unimplemented : Code.Unknown;
      throw error === undefined
        ? protocolError("no message in a unary answer", code)
        : (recording?.stated(error) ?? error);
    }
    if (error !== undefined) {
      throw protocolError("a message beside a status that is an error", Code.Unknown);
    }
    return message;
  }

  private messages(
    request: UnaryRequest | StreamRequest,
    { body, header, trailer }: HttpAnswer,
    { compression }: GrpcHead,
    recording: Recording | undefined,
  ): AnswerMessages {
    const { method } = request;
    const form: AnswerForm = {
      compression,
      readMaxBytes: this.form.readMaxBytes,
      endFlag: 0,
      readEnd: () => {},
      lacksStatus: (begun) => lacksStatus(trailer, header, begun),
      check() {
        const error = readTrailers(trailer, header);
        if (error !== undefined) {
          throw recording?.stated(error) ?? error;
        }
      },
    };
    const owned = request.stream ? this.ownedBy(request) : undefined;
    return new AnswerMessages(body, this.codecOf(method), form, recording, owned);
  }
}
