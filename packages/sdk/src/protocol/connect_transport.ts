import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { Code } from "@connectrpc/connect";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { END_STREAM } from "../wire/envelopes.js";
import type { WireOptions } from "../options/options.js";
import { AnswerMessages } from "./answer_messages.js";
import {
  getUrl,
  NOT_OF_GET,
  readEndStream,
  readStreamHead,
  readUnaryError,
  readUnaryHead,
  streamHeaders,
  unaryHeaders,
  withoutTrailers,
} from "./connect_protocol.js";
import type { HeaderList } from "./form.js";
import { protocolError } from "./protocol_errors.js";
import { BytesBody } from "./request_body.js";
import { readWhole } from "./whole_body.js";
import { type HttpAnswer, WireTransport } from "./wire_transport.js";

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/** Transport of the Connect protocol. */
export class ConnectTransport extends WireTransport {
  private readonly unaryHeaders: HeaderList;
  private readonly streamHeaders: HeaderList;

  constructor(options: WireOptions) {
    super(options);
    this.unaryHeaders = unaryHeaders(this.form);
    this.streamHeaders = streamHeaders(this.form);
  }

  protected headers({ methodKind }: DescMethod): HeaderList {
    return methodKind === "unary" ? this.unaryHeaders : this.streamHeaders;
  }

  protected sendUnary(request: UnaryRequest): Promise<UnaryResponse> {
    try {
      const { compressFromBytes, send } = this.form;
      const bytes = this.codecOf(request.method).write(request.message);
      return send === undefined || bytes.length < compressFromBytes
        ? this.sendBytes(request, bytes)
        : send.compress(bytes).then((compressed) => {
            request.header.set("content-encoding", send.name);
            return this.sendBytes(request, compressed, send.name);
          });
    } catch (reason) {
      return Promise.reject(reason);
    }
  }

  protected async sendStream(request: StreamRequest): Promise<StreamResponse> {
    const { message, method, service } = request;
    const { status, header, body } = await this.sendMessages(request, message);
    const compression = readStreamHead({ status, header }, this.form);
    const trailer = new Headers();
    let ended = false;
    const messages = new AnswerMessages(body, this.codecOf(method), {
      compression,
      readMaxBytes: this.form.readMaxBytes,
      endFlag: END_STREAM,
      readEnd(content) {
        ended = true;
        readEndStream(content, header).forEach((value, name) => trailer.set(name, value));
      },
      check() {
        if (!ended) {
          throw protocolError("the stream has no end", Code.InvalidArgument);
        }
      },
    });
    return { stream: true, service, method, header, trailer, message: messages };
  }

  private sendBytes(
    request: UnaryRequest,
    bytes: Uint8Array,
    coding?: string,
  ): Promise<UnaryResponse> {
    const { idempotency } = request.method;
    const sent =
      this.options.useHttpGet && idempotency === NO_SIDE_EFFECTS
        ? this.get(request, bytes, coding)
        : this.post(request, new BytesBody(bytes));
    return sent.then((answer) => this.readUnary(request, answer));
  }

  private get(
    request: UnaryRequest,
    bytes: Uint8Array,
    coding: string | undefined,
  ): Promise<HttpAnswer> {
    const header = new Headers(request.header);
    for (const name of NOT_OF_GET) {
      header.delete(name);
    }
    const url = getUrl(request.url, bytes, this.form, coding);
    return this.options.httpClient({ url, method: "GET", header, signal: request.signal });
  }

  private async readUnary(
    { method, service }: UnaryRequest,
    { status, header, body }: HttpAnswer,
  ): Promise<UnaryResponse> {
    const { readMaxBytes } = this.form;
    const { compression, error } = readUnaryHead({ status, header }, this.form);
    const bytes = await readWhole(body, readMaxBytes, header.get("content-length"));
    const content =
      compression === undefined ? bytes : await compression.decompress(bytes, readMaxBytes);
    if (error !== undefined) {
      throw readUnaryError(content, error);
    }
    const message = this.codecOf(method).read(content);
    return { stream: false, service, method, ...withoutTrailers(header), message };
  }
}
