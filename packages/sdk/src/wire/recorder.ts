import type {
  UniversalClientFn,
  UniversalClientRequest,
  UniversalClientResponse,
} from "@connectrpc/connect/protocol";
import { Code, ConnectError } from "@connectrpc/connect";
import { OneChunk, PlainBody, RequestBody, type SentBody, WatchedBody } from "./watched_body.js";
import { ByteBuffer } from "./byte_buffer.js";
import { END_STREAM, EnvelopeScan, TRAILERS } from "./envelopes.js";
import { configError, isAmeideError } from "../errors/errors.js";
import { freeze, type FrozenHolder } from "./frozen_request.js";
import { mediaType, usualSpelling } from "./media_type.js";
import { networkErrors } from "../errors/network_errors.js";
import { type AbortCause, isShortBody, type NetworkFailure, type Sent } from "../policy/failure.js";
import { readWireError, refuseHiddenError, trailersInBody } from "./read_error.js";
import { grpcMessage } from "./wire_error.js";
import type { Clock } from "../runtime/runtime.js";
import { sentRequest } from "./sent_request.js";
import type { WireShape } from "./wire_shape.js";

/** Members of a socket that the recorder reads. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

const H2_CANCEL = 8;

/** Observations of one attempt by the HTTP layer below the runtime. */
export class Recording {
  status: number | undefined;
  header: Headers | undefined;
  trailer: Headers | undefined;
  /** Arrival of the answer's head, if it came. */
  headMs = 0;
  /** Set by the HTTP client that made or reused a connection. */
  socket: PeerSocket | undefined;
  /**
   * Set by an HTTP client that reports it: true once the connection is established, TLS included.
   */
  connected: boolean | undefined;
  /** Set by an HTTP client whose connections are all in use: what the request waits for. */
  queued: "a connection" | "a stream" | undefined;
  /** Set by an HTTP client that wants to know when a time limit ends the attempt. */
  onTimeout: (() => void) | undefined;
  /** Set by an HTTP/2 client once an informational head (1xx) has come. */
  informed = false;
  /** Set by an HTTP/2 client. */
  stream: { readonly rstCode?: number | undefined } | undefined;
  /** Error that the server put into its answer, once the attempt has failed. */
  wireError: ConnectError | undefined;
  /** True if the body of an error cannot be read: it may be an error of the protocol. */
  unread = false;
  // Reason for which there was no answer, or a plain body broke off.
  private networkError: { readonly reason: unknown } | undefined;
  private requestBody: SentBody | undefined;
  private requests = 0;
  private request: UniversalClientRequest | undefined;
  // One of the two is the body of the answer.
  private plainBody: PlainBody | undefined;
  private watchedBody: WatchedBody | undefined;
  private errorBody: ByteBuffer | undefined;
  private envelopes: EnvelopeScan | undefined;

  /** @param holder - State that the attempts of the call share. */
  constructor(
    readonly holder: FrozenHolder,
    private readonly shape: WireShape,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  /** Sends the request and records its fate. */
  run(
    client: UniversalClientFn,
    request: UniversalClientRequest,
  ): Promise<UniversalClientResponse> {
    if (this.requests++ > 0) {
      this.forget();
    }
    const sent = this.shape.replays ? this.replay(request) : this.passOn(request);
    this.request = request;
    inFlight.recording = this;
    try {
      return client(sent).then(
        (response) => this.responded(response),
        (reason: unknown) => {
          // A request that the SDK ended has not failed.
          this.networkError = request.signal?.aborted === true ? undefined : { reason };
          throw reason;
        },
      );
    } finally {
      inFlight.recording = undefined;
    }
  }

  /**
   * True if the status is one of good answers: 200, and in gRPC-Web all like it, if the answer is
   * gRPC-Web and its status allows a body.
   */
  get good(): boolean {
    const { header, status = 0 } = this;
    if (status === 200 || this.shape.protocol !== "grpc-web") {
      return status === 200;
    }
    const empty = status === 204 || status === 205;
    const inRange = status > 200 && status < 300 && !this.isAnotherType;
    return inRange && (!empty || header?.has("grpc-status") === true);
  }

  /** True if the media type is the protocol's. For Connect's own, the runtime has to decide. */
  get isOfProtocol(): boolean {
    return TYPES[this.shape.protocol].test(mediaType(this.header?.get("content-type")));
  }

  /** True for an answer of another media type, which Connect reads as if it were gRPC-Web. */
  get isAnotherType(): boolean {
    return this.shape.protocol === "grpc-web" && this.header !== undefined && !this.isOfProtocol;
  }

  /** True if the server reset the HTTP/2 stream as canceled. */
  get canceledByServer(): boolean {
    return this.broken !== undefined && this.stream?.rstCode === H2_CANCEL;
  }

  /** Returns the failure of the connection, if it failed. */
  network(): NetworkFailure | undefined {
    const { broken } = this;
    if (broken === undefined) {
      return undefined;
    }
    return {
      errors: networkErrors(broken.reason),
      h2ErrorCode: this.stream?.rstCode,
      nothingSent: this.nothingSent,
      connected: this.connected === true,
      informed: this.informed,
    };
  }

  /** Signal that ends the attempt. It may be made when it is read. */
  get signal(): AbortSignal | undefined {
    return this.request?.signal;
  }

  /** True if the call streams both ways. */
  get bothWays(): boolean {
    return this.shape.bothWays;
  }

  /** Records that the SDK ends the attempt. */
  endedBy(cause: AbortCause): void {
    if (cause !== "canceled") {
      this.onTimeout?.();
    }
  }

  /** True if an HTTP client that reports it had no connection for the request yet. */
  get waits(): boolean {
    return this.connected === false && !this.sentAgain;
  }

  /** True if an interceptor sent more than one request. */
  get sentAgain(): boolean {
    return this.requests > 1;
  }

  /** Time at which the HTTP client asked for the body of the request, if it has one. */
  get askedMs(): number | undefined {
    return this.requestBody?.askedMs;
  }

  /** Progress of the attempt. */
  get progress(): "unsent" | "connecting" | "sent" | "answered" {
    const asked = this.nothingSent ? "connecting" : "sent";
    const unanswered = this.requests === 0 ? "unsent" : asked;
    return this.status === undefined ? unanswered : "answered";
  }

  /** Tells whether the server may have read the data sent, so far as no error shows it. */
  get reached(): Sent {
    if (this.status !== undefined) {
      return "yes";
    }
    const unsent = this.requests === 0 || (this.requests === 1 && this.nothingSent);
    return unsent ? "no" : "maybe";
  }

  /**
   * Returns the error of a failed attempt: the one that the server put into its answer, or else the
   * runtime's.
   *
   * @returns A promise only if the error is compressed.
   */
  readError(runtimeError: ConnectError): ConnectError | Promise<ConnectError> {
    const read = this.readWireError(runtimeError);
    return read instanceof Promise
      ? read.then((wireError) => this.told(wireError, runtimeError))
      : this.told(read, runtimeError);
  }

  /** Reports whether a good answer ended early: in an envelope, or before the protocol's end. */
  endedEarly(): boolean {
    const { envelopes, header, shape, trailer, watchedBody } = this;
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

  /**
   * Returns a header of the response, or a trailer of that name. The Connect protocol sends the
   * trailers of unary calls as headers with the prefix `trailer-`.
   */
  get(name: string): string | null {
    return (
      this.header?.get(name) ??
      this.header?.get(`trailer-${name}`) ??
      this.trailer?.get(name) ??
      null
    );
  }

  /** Calls back once it is known whether the last read of the body failed. */
  afterLastRead(then: () => void): void {
    const lastRead = this.plainBody?.lastRead;
    if (lastRead === undefined) {
      then();
    } else {
      lastRead.then(then, (reason: unknown) => {
        this.networkError = { reason };
        then();
      });
    }
  }

  private get nothingSent(): boolean {
    const { connected, requestBody } = this;
    return connected === false || (requestBody !== undefined && this.askedMs === undefined);
  }

  // Observations of an earlier request of the same attempt do not apply to this one.
  private forget(): void {
    this.status = undefined;
    this.header = undefined;
    this.trailer = undefined;
    this.connected = undefined;
    this.queued = undefined;
    this.onTimeout = undefined;
    this.stream = undefined;
    this.networkError = undefined;
    this.plainBody = undefined;
    this.watchedBody = undefined;
    this.errorBody = undefined;
    this.envelopes = undefined;
    this.wireError = undefined;
    this.unread = false;
  }

  /** Reason for which the connection failed, other than the SDK's own complaints. */
  get broken(): { readonly reason: unknown } | undefined {
    const failure = this.networkError ?? this.watchedBody?.failure;
    return isAmeideError(failure?.reason) ? undefined : failure;
  }

  private readWireError(error: ConnectError): ReturnType<typeof readWireError> {
    const { shape, header, trailer, errorBody, envelopes } = this;
    if (this.broken !== undefined || header === undefined || isOverLimit(error)) {
      return undefined;
    }
    if (isShortBody(error.rawMessage)) {
      this.networkError = { reason: error };
      return undefined;
    }
    const good = this.good && this.isOfProtocol;
    return readWireError({
      shape,
      good,
      header,
      trailer,
      errorBody: errorBody?.bytes,
      unread: () => void (this.unread = true),
      envelopes,
    });
  }

  private told(wireError: ConnectError | undefined, error: ConnectError): ConnectError {
    this.wireError = wireError;
    return wireError ?? this.statedInWords(error);
  }

  // States errors that Connect's gRPC-Web misses: it complains about a malformed message, whatever
  // the status, and reads any body with a status like 200.
  private statedInWords(error: ConnectError): ConnectError {
    const { header, shape, status = 0 } = this;
    if (shape.protocol !== "grpc-web" || header === undefined || this.broken !== undefined) {
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

  private replay(request: UniversalClientRequest): UniversalClientRequest {
    const { header } = request;
    let { frozen } = this.holder;
    if (frozen === undefined) {
      frozen = freeze(request, this.shape, this.holder.addresses);
      this.holder.frozen = frozen;
    } else {
      const encoding = frozen.header.get("content-encoding");
      if (encoding === null) {
        header.delete("content-encoding");
      } else {
        header.set("content-encoding", encoding);
      }
    }
    for (const [name, value] of frozen.posted ?? []) {
      header.set(name, value);
    }
    const { url, method } = frozen;
    const body = frozen.body && new OneChunk(frozen.body, this.clock);
    this.requestBody = body;
    return sentRequest(request, { url, method, body });
  }

  private passOn(request: UniversalClientRequest): UniversalClientRequest {
    if (request.body === undefined) {
      return request;
    }
    const body = new RequestBody(request.body, this.clock);
    this.requestBody = body;
    const { url, method } = request;
    return sentRequest(request, { url, method, body });
  }

  private responded({ status, header: sent, trailer, body }: UniversalClientResponse) {
    const header = usualSpelling(sent);
    this.headMs = this.clock.now();
    this.status = status;
    this.header = header;
    this.trailer = trailer;
    if (!this.good && !this.mayStateError(header)) {
      return this.drain(body).then(() => ({ status, header, trailer, body: NOTHING }));
    }
    return { status, header, trailer, body: this.watch(body, header, trailer) };
  }

  private mayStateError(header: Headers): boolean {
    return !this.shape.enveloped && mediaType(header.get("content-type")) === "application/json";
  }

  // Connect reads the body of an error only if it may state one, and ends the request. Whether the
  // answer came whole must be known before that.
  private async drain(body: AsyncIterable<Uint8Array>): Promise<void> {
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > this.shape.readMaxBytes) {
          return;
        }
      }
    } catch (reason) {
      this.networkError = { reason };
      throw reason;
    }
  }

  // Watches the parts of a body that matter.
  private watch(
    body: AsyncIterable<Uint8Array>,
    header: Headers,
    trailer: Headers,
  ): AsyncIterable<Uint8Array> {
    const { enveloped, protocol } = this.shape;
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

/**
 * Recording whose request is being passed to the HTTP client right now. The client makes or picks
 * its connection before it returns, so it can find the recording here.
 */
export const inFlight: { recording: Recording | undefined } = { recording: undefined };

// Recognizes one of the SDK's limits, including the one for decompressed data. A server's error has
// the headers it came with.
function isOverLimit({ code, metadata }: ConnectError): boolean {
  return code === Code.ResourceExhausted && metadata.keys().next().done === true;
}

/**
 * Finds the recording of a request. An HTTP client is mostly called before the attempt
 * interceptor's `next` returns, so the next request is meant; if it takes a while (for
 * compression), the request's signal tells.
 */
export class Recordings {
  private next: Recording | undefined;
  private readonly bySignal = new WeakMap<AbortSignal, Recording>();

  /** Passes on a request that is to be recorded. */
  expect<R extends { readonly signal: AbortSignal }, T>(
    recording: Recording,
    next: (request: R) => T,
    request: R,
  ): T {
    this.next = recording;
    try {
      return next(request);
    } finally {
      if (this.next === recording) {
        this.bySignal.set(request.signal, recording);
      }
      this.next = undefined;
    }
  }

  /** Returns the recording of a request, if any. */
  take(request: UniversalClientRequest): Recording | undefined {
    const { next } = this;
    this.next = undefined;
    return next ?? (request.signal && this.bySignal.get(request.signal));
  }
}

/**
 * Puts recorders below Connect: requests that have a recording are recorded, others pass through.
 * Requests to another origin than the base address are refused, since they carry credentials.
 */
export function withRecorder(
  client: UniversalClientFn,
  recordings: Recordings,
  origin: string,
): UniversalClientFn {
  const prefix = `${origin}/`;
  return (request) => {
    const recording = recordings.take(request);
    if (!request.url.startsWith(prefix) && new URL(request.url).origin !== origin) {
      return Promise.reject(configError("interceptors", "must not change the origin of a request"));
    }
    return recording === undefined ? client(request) : recording.run(client, request);
  };
}
