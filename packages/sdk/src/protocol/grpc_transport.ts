import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { Code } from "@connectrpc/connect";
import type { Message } from "@bufbuild/protobuf";
import type { WireOptions } from "../options/options.js";
import { AnswerMessages } from "./answer_messages.js";
import { envelope } from "./envelope.js";
import type { HeaderList } from "./form.js";
import { checkTrailers, type GrpcHead, grpcHeaders, readGrpcHead } from "./grpc_protocol.js";
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

  protected async sendUnary(request: UnaryRequest): Promise<UnaryResponse> {
    const bytes = envelope(this.codecOf(request.method).write(request.message), this.form);
    const body = new BytesBody(bytes instanceof Promise ? await bytes : bytes);
    const answer = await this.post(request, body);
    const head = readGrpcHead(answer, this.form);
    const { header, trailer } = answer;
    const message = await this.readOne(request, answer, head);
    const { method, service } = request;
    return { stream: false, service, method, header, trailer, message };
  }

  protected async sendStream(request: StreamRequest): Promise<StreamResponse> {
    const { message, method, service } = request;
    const answer = await this.sendMessages(request, message);
    const head = readGrpcHead(answer, this.form);
    if (head.error !== undefined) {
      throw head.error;
    }
    const { header, trailer } = answer;
    const messages = this.messages(request, answer, head, () => {
      if (!head.hasStatus) {
        checkTrailers(trailer, header);
      }
    });
    return { stream: true, service, method, header, trailer, message: messages };
  }

  private async readOne(
    request: UnaryRequest,
    answer: HttpAnswer,
    head: GrpcHead,
  ): Promise<Message> {
    const { trailer, header } = answer;
    const messages = this.messages(request, answer, head, () => checkTrailers(trailer, header));
    const { value: message } = await messages.next();
    if (message !== undefined && (await messages.next()).done !== true) {
      throw protocolError("a second message in a unary answer", Code.Unimplemented);
    }
    if (message === undefined) {
      const code = trailer.has("grpc-status") ? Code.Unimplemented : Code.Unknown;
      throw head.error ?? protocolError("no message in a unary answer", code);
    }
    if (head.error !== undefined) {
      throw protocolError("a message beside a status that is an error", Code.Unknown);
    }
    return message;
  }

  private messages(
    { method }: UnaryRequest | StreamRequest,
    { body }: HttpAnswer,
    { compression }: GrpcHead,
    check: () => void,
  ): AnswerMessages {
    const { readMaxBytes } = this.form;
    const form = { compression, readMaxBytes, endFlag: 0, readEnd: () => {}, check };
    return new AnswerMessages(body, this.codecOf(method), form);
  }
}
