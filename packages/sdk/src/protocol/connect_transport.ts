import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { Code } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { connectErrorOf } from "../errors/thrown.js";
import type { WireOptions } from "../options/options.js";
import { END_STREAM } from "../wire/envelope_flags.js";
import type { Recording } from "../wire/recorder.js";
import { copyOf, unaryAnswer } from "../wire/own_headers.js";
import { type RecordedRequest, sentRequest } from "../wire/sent_request.js";
import { compressionOf, statusError } from "./answer_head.js";
import { type AnswerEnd, AnswerMessages } from "./answer_messages.js";
import {
  getUrl,
  mayStateError,
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
import { protocolError, statedError } from "./protocol_errors.js";
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

  protected sendUnary(
    request: UnaryRequest,
    recording: Recording | undefined,
  ): Promise<UnaryResponse> {
    try {
      const { compressFromBytes, send } = this.form;
      const bytes = this.codecOf(request.method).write(request.message);
      return send === undefined || bytes.length < compressFromBytes
        ? this.sendBytes(request, bytes, recording)
        : send.compress(bytes).then((compressed) => {
            request.header.set("content-encoding", send.name);
            return this.sendBytes(request, compressed, recording, send.name);
          });
    } catch (reason) {
      return Promise.reject(reason);
    }
  }

  protected async sendStream(
    request: StreamRequest,
    recording: Recording | undefined,
  ): Promise<StreamResponse> {
    const { method, service } = request;
    const answer = await this.sendMessages(request, recording);
    const { status, header, body } = answer;
    if (status !== 200) {
      await this.drained(answer, recording);
    }
    const compression = readStreamHead({ status, header }, this.form);
    const trailer = new Headers();
    let ended = false;
    const { readMaxBytes } = this.form;
    const end: AnswerEnd = {
      endFlag: END_STREAM,
      readEnd(content) {
        ended = true;
        const stated = readEndStream(content, header);
        if (stated.error !== undefined) {
          throw statedError(stated.error, recording);
        }
        stated.trailer.forEach((value, name) => trailer.set(name, value));
      },
      lacksStatus: () => !ended,
      check() {
        if (!ended) {
          throw protocolError("the stream has no end", Code.InvalidArgument);
        }
      },
    };
    const messages = new AnswerMessages(
      body,
      this.codecOf(method),
      { compression, readMaxBytes, end },
      recording,
      this.ownedBy(request),
    );
    return { stream: true, service, method, header, trailer, message: messages };
  }

  private sendBytes(
    request: UnaryRequest,
    bytes: Uint8Array,
    recording: Recording | undefined,
    coding?: string,
  ): Promise<UnaryResponse> {
    const { idempotency } = request.method;
    const sent =
      this.options.useHttpGet && idempotency === NO_SIDE_EFFECTS
        ? this.send(this.getOf(request, bytes, coding), recording)
        : this.post(request, new BytesBody(bytes), recording);
    return sent.then((answer) =>
      answer.status === 200
        ? this.readUnary(request, answer, recording)
        : this.readFailure(answer, recording),
    );
  }

  private getOf(
    request: UnaryRequest,
    bytes: Uint8Array,
    coding: string | undefined,
  ): RecordedRequest {
    const header = copyOf(request.header);
    for (const name of NOT_OF_GET) {
      header.delete(name);
    }
    const url = getUrl(request.url, bytes, this.form, coding);
    return sentRequest(request, { url, method: "GET", header });
  }

  private async readUnary(
    { method, service }: UnaryRequest,
    answer: HttpAnswer,
    recording: Recording | undefined,
  ): Promise<UnaryResponse> {
    const { header } = answer;
    const compression = readUnaryHead(header, this.form);
    const bytes = await this.whole(answer, recording);
    const content =
      compression === undefined
        ? bytes
        : await compression.decompress(bytes, this.form.readMaxBytes);
    const message = this.codecOf(method).read(content);
    return unaryAnswer({ service, method, ...withoutTrailers(header), message });
  }

  private async readFailure(answer: HttpAnswer, recording: Recording | undefined): Promise<never> {
    const { status, header } = answer;
    const byStatus = statusError(status, header);
    if (!mayStateError(header)) {
      await this.drained(answer, recording);
      compressionOf(header, "content-encoding", this.form);
      throw byStatus;
    }
    const content = await this.opened(answer, recording);
    const { error, stated, unread } = readUnaryError(content, byStatus);
    if (recording !== undefined) {
      recording.wireError = stated ? error : undefined;
      recording.unread = unread;
    }
    throw error;
  }

  // The bytes of an error. What cannot be decompressed may say anything.
  private async opened(answer: HttpAnswer, recording: Recording | undefined): Promise<Uint8Array> {
    const unreadable = (reason: unknown): never => {
      if (recording !== undefined && connectErrorOf(reason).code !== Code.ResourceExhausted) {
        recording.unread = true;
      }
      throw reason;
    };
    let compression: Compression | undefined;
    try {
      compression = compressionOf(answer.header, "content-encoding", this.form);
    } catch (reason) {
      return unreadable(reason);
    }
    const bytes = await this.whole(answer, recording);
    return compression === undefined
      ? bytes
      : compression.decompress(bytes, this.form.readMaxBytes).catch(unreadable);
  }

  private whole(
    { header, body }: HttpAnswer,
    recording: Recording | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const contentLength = header.get("content-length");
    return readWhole(body, { maxBytes: this.form.readMaxBytes, contentLength }, recording);
  }
}
