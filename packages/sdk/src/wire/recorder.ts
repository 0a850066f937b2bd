import type { UniversalClientFn, UniversalClientResponse } from "@connectrpc/connect/protocol";
import type {
  ConnectError,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { OneChunk, RequestBody, type SentBody } from "./watched_body.js";
import { isAmeideError } from "../errors/errors.js";
import { freeze, type FrozenHolder } from "./frozen_request.js";
import { usualSpelling } from "./media_type.js";
import { networkErrors } from "../errors/network_errors.js";
import type { AbortCause, NetworkFailure, Sent } from "../policy/failure.js";
import type { Clock } from "../runtime/runtime.js";
import type { Ending } from "../runtime/signals.js";
import { type RecordedRequest, sentRequest } from "./sent_request.js";
import type { WireShape } from "./wire_shape.js";

/** Request of an attempt, as an interceptor sees it. */
export type AnyRequest = UnaryRequest | StreamRequest;

/** Function of a wire that sends a request, and records what becomes of it if it is given a recording. */
export type Send = (
  request: AnyRequest,
  recording?: Recording,
) => Promise<UnaryResponse | StreamResponse>;

/** Members of a socket that the recorder reads. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/**
 * Sees the answers that Connect's own code reads, for a recording: that code does not tell what is in
 * them.
 */
export interface Watch {
  /** True if the status is one of good answers, whatever the protocol. */
  readonly good: boolean;
  /** Failure of a read of the body. */
  readonly broken: { readonly reason: unknown } | undefined;
  /** Returns an answer whose body is watched. */
  watch(
    response: UniversalClientResponse,
  ): UniversalClientResponse | Promise<UniversalClientResponse>;
  /** Returns the error that the server put into its answer, or else the one that Connect's code made. */
  readError(error: ConnectError): ConnectError | Promise<ConnectError>;
  /** Reports whether a good answer ended before the protocol's end. */
  endedEarly(): boolean;
  /** Calls back once it is known whether the last read of the body failed. */
  afterLastRead(then: () => void): void;
}

const H2_CANCEL = 8;

/** Observations of one attempt by the wire and by the HTTP layer below it. */
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
  /** Error that the server put into its answer. Set by the wire. */
  wireError: ConnectError | undefined;
  /** True if the body of an error cannot be read: it may be an error of the protocol. Set by the wire. */
  unread = false;
  /** True if a good answer ended before the protocol's end. Set by the wire. */
  cutShort = false;
  /** Status of good answers. Set by the wire. */
  goodStatus = 200;
  // Reason for which there was no answer, or its body broke off.
  private networkError: { readonly reason: unknown } | undefined;
  private requestBody: SentBody | undefined;
  private requests = 0;
  private request: RecordedRequest | undefined;
  private watch: Watch | undefined;

  /** @param holder - State that the attempts of the call share. */
  constructor(
    readonly holder: FrozenHolder,
    readonly shape: WireShape,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  /**
   * Sends the request and records its fate.
   *
   * @param watch - Sees the answer, if the code that reads it tells nothing.
   */
  run(
    client: UniversalClientFn,
    request: RecordedRequest,
    watch?: Watch,
  ): Promise<UniversalClientResponse> {
    if (this.requests++ > 0) {
      this.forget();
    }
    this.watch = watch;
    const sent = this.shape.replays ? this.replay(request) : this.passOn(request);
    this.request = request;
    inFlight.recording = this;
    try {
      return client(sent).then(
        (response) => this.responded(response),
        (reason: unknown) => {
          // A request that the SDK ended has not failed.
          this.networkError = this.signal?.aborted === true ? undefined : { reason };
          throw reason;
        },
      );
    } finally {
      inFlight.recording = undefined;
    }
  }

  /** Records that the body of the answer broke off. */
  brokeOff(reason: unknown): void {
    this.networkError = { reason };
  }

  /** Records the error that the server put into its answer. */
  stated(error: ConnectError): void {
    this.wireError = error;
  }

  /** True if the status is one of good answers. */
  get good(): boolean {
    return this.watch === undefined ? this.status === this.goodStatus : this.watch.good;
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

  /** What ends the attempt. */
  get signal(): Ending | undefined {
    return this.request?.ending ?? this.request?.signal;
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

  /** Returns the error of a failed attempt: the one that the server put into its answer, or else this. */
  readError(error: ConnectError): ConnectError | Promise<ConnectError> {
    return this.watch === undefined ? error : this.watch.readError(error);
  }

  /** Reports whether a good answer ended early: in an envelope, or before the protocol's end. */
  endedEarly(): boolean {
    return this.watch === undefined ? this.cutShort : this.watch.endedEarly();
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
    if (this.watch === undefined) {
      then();
    } else {
      this.watch.afterLastRead(then);
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
    this.wireError = undefined;
    this.unread = false;
    this.cutShort = false;
    this.goodStatus = 200;
  }

  /** Reason for which the connection failed, other than the SDK's own complaints. */
  get broken(): { readonly reason: unknown } | undefined {
    const failure = this.networkError ?? this.watch?.broken;
    return isAmeideError(failure?.reason) ? undefined : failure;
  }

  private replay(request: RecordedRequest): RecordedRequest {
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

  private passOn(request: RecordedRequest): RecordedRequest {
    const body = request.body && new RequestBody(request.body, this.clock);
    this.requestBody = body;
    const { url, method } = request;
    return sentRequest(request, { url, method, body });
  }

  private responded(response: UniversalClientResponse) {
    const header = usualSpelling(response.header);
    this.headMs = this.clock.now();
    this.status = response.status;
    this.header = header;
    this.trailer = response.trailer;
    const answer = header === response.header ? response : { ...response, header };
    return this.watch === undefined ? answer : this.watch.watch(answer);
  }
}

/**
 * Recording whose request is being passed to the HTTP client right now. The client makes or picks
 * its connection before it returns, so it can find the recording here.
 */
export const inFlight: { recording: Recording | undefined } = { recording: undefined };
