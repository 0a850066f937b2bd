import type { UniversalClientResponse } from "@connectrpc/connect/protocol";
import { Code, ConnectError } from "@connectrpc/connect";
import { PlainBody, WatchedBody } from "./watched_body.js";
import { ByteBuffer } from "./byte_buffer.js";
import { drain } from "./drain.js";
import { END_STREAM, TRAILERS } from "./envelope_flags.js";
import { EnvelopeScan } from "./envelopes.js";
import { mediaType } from "./media_type.js";
import { readWireError, refuseHiddenError, trailersInBody } from "./read_error.js";
import type { Recording, Watch } from "./recorder.js";
import { grpcMessage } from "./wire_error.js";

/** Watches the answer to one request that Connect's own code reads. */
export class AnswerWatch implements Watch {
  // One of the two is the body of the answer.
  private plainBody: PlainBody | undefined;
  private watchedBody: WatchedBody | undefined;
  private errorBody: ByteBuffer | undefined;
  private envelopes: EnvelopeScan | undefined;

  constructor(private readonly recording: Recording) {}

  /** In gRPC-Web all statuses like 200 are good, if the answer is gRPC-Web and may have a body. */
  get good(): boolean {
    const { header, shape, status = 0 } = this.recording;
    if (status === 200 || shape.protocol !== "grpc-web") {
      return status === 200;
    }
    const empty = status === 204 || status === 205;
    const inRange = status > 200 && status < 300 && !this.isAnotherType;
    return inRange && (!empty || header?.has("grpc-status") === true);
  }

  get broken(): { readonly reason: unknown } | undefined {
    return this.watchedBody?.failure;
  }

  watch(
    answer: UniversalClientResponse,
  ): UniversalClientResponse | Promise<UniversalClientResponse> {
    const { header, body } = answer;
    if (this.good || this.mayStateError(header)) {
      return { ...answer, body: this.watched(answer) };
    }
    // Connect reads the body of an error only if it may state one, and ends the request. Whether the
    // answer came whole must be known before that.
    const { recording } = this;
    return drain(body, recording.shape.readMaxBytes, recording).then(() => ({
      ...answer,
      body: NOTHING,
    }));
  }

  /** @returns A promise only if the error is compressed. */
  readError(runtimeError: ConnectError): ConnectError | Promise<ConnectError> {
    const stated = this.readWireError(runtimeError);
    return stated instanceof Promise
      ? stated.then((wireError) => this.told(wireError, runtimeError))
      : this.told(stated, runtimeError);
  }

  endedEarly(): boolean {
    const { envelopes, watchedBody } = this;
    const { header, shape, trailer } = this.recording;
    if (envelopes === undefined || !this.good || this.isAnotherType) {
      return false;
    }
    const { begun, endComplete, endCompressed, midway } = envelopes;
    if (endComplete) {
      // Data after the end is another matter.
      const isRead = shape.protocol === "grpc-web" && !endCompressed;
      return isRead && !trailersInBody(envelopes).has("grpc-status");
    }
    if (watchedBody?.ended !== true) {
      return false;
    }
    // A status in headers counts if there is no body.
    const hasStatus =
      trailer?.has("grpc-status") === true || (!begun && header?.has("grpc-status") === true);
    return midway || shape.protocol === "connect" || !hasStatus;
  }

  afterLastRead(then: () => void): void {
    const lastRead = this.plainBody?.lastRead;
    if (lastRead === undefined) {
      then();
    } else {
      lastRead.then(then, (reason: unknown) => {
        this.recording.brokeOff(reason);
        then();
      });
    }
  }

  // True if the media type is the protocol's. For Connect's own, the runtime has to decide.
  private get isOfProtocol(): boolean {
    const { header, shape } = this.recording;
    return TYPES[shape.protocol].test(mediaType(header?.get("content-type")));
  }

  // True for an answer of another media type, which Connect reads as if it were gRPC-Web.
  private get isAnotherType(): boolean {
    const { header, shape } = this.recording;
    return shape.protocol === "grpc-web" && header !== undefined && !this.isOfProtocol;
  }

  private readWireError(error: ConnectError): ReturnType<typeof readWireError> {
    const { recording, errorBody, envelopes } = this;
    const { shape, header, trailer } = recording;
    if (recording.broken !== undefined || header === undefined || isOverLimit(error)) {
      return undefined;
    }
    if (isShortBody(error.rawMessage)) {
      recording.brokeOff(error);
      return undefined;
    }
    const good = this.good && this.isOfProtocol;
    return readWireError({
      shape,
      good,
      header,
      trailer,
      errorBody: errorBody?.bytes,
      unread: () => void (recording.unread = true),
      envelopes,
    });
  }

  private told(wireError: ConnectError | undefined, error: ConnectError): ConnectError {
    this.recording.wireError = wireError;
    return wireError ?? this.statedInWords(error);
  }

  // States errors that Connect's gRPC-Web misses: it complains about a malformed message, whatever
  // the status, and reads any body with a status like 200.
  private statedInWords(error: ConnectError): ConnectError {
    const { header, shape, status = 0, broken } = this.recording;
    if (shape.protocol !== "grpc-web" || header === undefined || broken !== undefined) {
      return error;
    }
    if (this.good && this.isAnotherType) {
      return new ConnectError(
        `unsupported content type ${header.get("content-type")}`,
        Code.Unknown,
      );
    }
    if (this.good) {
      // Connect passes on the error that Headers throws.
      const isOfTrailers = error.code === Code.Unknown && this.envelopes?.endComplete === true;
      return isOfTrailers ? new ConnectError("the trailers are no headers", Code.Internal) : error;
    }
    const message = grpcMessage(header.get("grpc-message") ?? `HTTP ${status}`);
    return new ConnectError(message, status < 300 ? Code.Unknown : error.code, header);
  }

  private mayStateError(header: Headers): boolean {
    return (
      !this.recording.shape.enveloped &&
      mediaType(header.get("content-type")) === "application/json"
    );
  }

  // Watches the parts of a body that matter.
  private watched({ header, trailer, body }: UniversalClientResponse): AsyncIterable<Uint8Array> {
    const { enveloped, protocol } = this.recording.shape;
    if (!this.good) {
      const errorBody = new ByteBuffer();
      this.errorBody = errorBody;
      this.watchedBody = new WatchedBody(body, (chunk) => {
        errorBody.add(chunk);
        return false;
      });
    } else if (enveloped) {
      const envelopes = new EnvelopeScan(END_FLAGS[protocol]);
      this.envelopes = envelopes;
      this.watchedBody = new WatchedBody(
        body,
        (chunk) => envelopes.add(chunk),
        protocol === "connect" ? undefined : () => refuseHiddenError(header, trailer, envelopes),
      );
    } else {
      this.plainBody = new PlainBody(body);
      return this.plainBody;
    }
    return this.watchedBody;
  }
}

const NOTHING: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

const END_FLAGS = { connect: END_STREAM, grpc: 0, "grpc-web": TRAILERS };

// Media types of answers in which a gRPC protocol may state an error.
const TYPES = {
  connect: /^/,
  grpc: /^application\/grpc(\+|$)/,
  "grpc-web": /^application\/grpc-web(\+|$)/,
};

// Recognizes one of the SDK's limits, including the one for decompressed data. A server's error has
// the headers it came with.
function isOverLimit({ code, metadata }: ConnectError): boolean {
  return code === Code.ResourceExhausted && metadata.keys().next().done === true;
}

const SHORT_BODY_TEXT = /^protocol error: promised (\d+) bytes, received (\d+)$/;

// Recognizes Connect's message for a body shorter than its `content-length`.
function isShortBody(message: string): boolean {
  const [, promised, received] = SHORT_BODY_TEXT.exec(message) ?? [];
  return Number(received) < Number(promised);
}
