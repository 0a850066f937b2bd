import type {
  UniversalClientFn,
  UniversalClientRequest,
  UniversalClientResponse,
} from "@connectrpc/connect/protocol";
import type { ConnectError } from "@connectrpc/connect";
import {
  FrozenBody,
  OneChunk,
  PlainBody,
  RequestBody,
  type SentBody,
  WatchedBody,
} from "./bodies.js";
import { END_STREAM, EnvelopeScan, TRAILERS } from "./envelopes.js";
import { configError, isAmeideError, isCode } from "./errors.js";
import { type AddressLimit, type PostedMessage, toPost } from "./get_request.js";
import { isUnreadMessage, type NetworkFailure } from "./normalize.js";
import type { WireShape } from "./wire_shape.js";

/** The request of attempt 1, replayed byte for byte by the others. */
export interface FrozenRequest {
  readonly url: string;
  readonly method: string;
  /** Headers of attempt 1, of which the encoding of the body holds for all. */
  readonly header: Headers;
  /** The one chunk of the body; undefined for GET. */
  readonly body: FrozenBody | undefined;
  /** Headers of a POST that was a GET. */
  readonly posted?: PostedMessage["header"];
}

/** Holds what the recordings of one call have in common. */
export interface FrozenHolder {
  frozen: FrozenRequest | undefined;
  readonly addresses: AddressLimit;
}

/** A socket, as far as the recorder looks at it. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

const H2_CANCEL = 8;

/** What the HTTP layer below the runtime saw of one attempt. */
export class Recording {
  status: number | undefined;
  header: Headers | undefined;
  trailer: Headers | undefined;
  /** Set by the HTTP client that made or reused a connection. */
  socket: PeerSocket | undefined;
  /** Set by a client that makes a TLS connection, until the handshake is done. */
  handshaking = false;
  /** Set by an HTTP/2 client. */
  stream: { readonly rstCode?: number | undefined } | undefined;
  /** Ends the attempt. */
  signal: AbortSignal | undefined;
  // Why there was no answer, or a plain body broke off.
  private networkError: { readonly reason: unknown } | undefined;
  private requestBody: SentBody | undefined;
  // One of the two is the body of the answer.
  private plainBody: PlainBody | undefined;
  private watchedBody: WatchedBody | undefined;
  private errorBody: Uint8Array[] | undefined;
  private envelopes: EnvelopeScan | undefined;

  /** @param holder - Holds the request of the call's first attempt. */
  constructor(
    private readonly holder: FrozenHolder,
    private readonly shape: WireShape,
  ) {}

  /** Sends the request and watches what becomes of it. */
  run(
    client: UniversalClientFn,
    request: UniversalClientRequest,
  ): Promise<UniversalClientResponse> {
    const sent = this.shape.replays ? this.replay(request) : this.passOn(request);
    this.signal = request.signal;
    inFlight.recording = this;
    try {
      return client(sent).then(
        (response) => this.responded(response),
        (reason: unknown) => {
          this.networkError = { reason };
          throw reason;
        },
      );
    } finally {
      inFlight.recording = undefined;
    }
  }

  /** The status is one of good answers: 200, and for gRPC-Web all like it. */
  get good(): boolean {
    const { protocol } = this.shape;
    return protocol === "grpc-web"
      ? this.status !== undefined && this.status >= 200 && this.status < 300
      : this.status === 200;
  }

  /** A good answer of another media type, which Connect reads as if it were gRPC-Web. */
  get isAnotherType(): boolean {
    const type = this.header?.get("content-type") ?? "";
    return (
      this.shape.protocol === "grpc-web" && this.good && !type.startsWith("application/grpc-web")
    );
  }

  /** The server reset the HTTP/2 stream as canceled. */
  get canceledByServer(): boolean {
    return this.broken !== undefined && this.stream?.rstCode === H2_CANCEL;
  }

  /** A failure of the connection, if that is what happened. */
  network(): NetworkFailure | undefined {
    const { broken } = this;
    if (broken === undefined) {
      return undefined;
    }
    const codes: string[] = [];
    const texts: string[] = [];
    let { reason } = broken;
    for (let depth = 0; reason instanceof Error && depth < 10; depth++) {
      if ("code" in reason && typeof reason.code === "string") {
        codes.push(reason.code);
      }
      texts.push(reason.message);
      reason = reason.cause;
    }
    return {
      codes,
      texts,
      h2ErrorCode: this.stream?.rstCode,
      nothingSent: this.handshaking || this.requestBody?.asked === false,
    };
  }

  /**
   * Whether the response carried a valid error of the protocol. A JSON error of
   * a gateway is none: its `code` is a number, or no code of Connect's.
   *
   * @param error - What the runtime made of the response. It decides where an
   *   error is compressed, since only the runtime has read that.
   */
  isProtocolError(error: ConnectError): boolean {
    const { good } = this;
    if (this.shape.protocol !== "connect") {
      // Connect's errors from a gRPC status carry the headers it stood in.
      return good && (error.metadata.get("grpc-status") ?? "0") !== "0";
    }
    if (this.shape.enveloped) {
      return good && this.endStreamHasError(error.rawMessage);
    }
    return !good && this.isConnectError(error.rawMessage);
  }

  /**
   * Whether a good answer was over, and what has to end it had not come: an
   * envelope is cut off, or the protocol's end is missing.
   */
  endedEarly(): boolean {
    const { envelopes } = this;
    if (!this.watchedBody?.ended || envelopes === undefined || !this.good || this.isAnotherType) {
      return false;
    }
    const ended =
      this.shape.protocol === "connect"
        ? envelopes.ended
        : envelopes.ended || this.get("grpc-status") !== null;
    return envelopes.midway || !ended;
  }

  /**
   * A header of the response, or a trailer of that name. The Connect protocol
   * sends the trailers of unary calls as headers with the prefix `trailer-`.
   */
  get(name: string): string | null {
    return (
      this.header?.get(name) ??
      this.header?.get(`trailer-${name}`) ??
      this.trailer?.get(name) ??
      null
    );
  }

  /** Calls back when it is known whether the last read of the body failed. */
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

  /** Why the connection failed. What we say of an answer ourselves is no such failure. */
  get broken(): { readonly reason: unknown } | undefined {
    const failure = this.networkError ?? this.watchedBody?.failure;
    return isAmeideError(failure?.reason) ? undefined : failure;
  }

  private isConnectError(runtimeMessage: string): boolean {
    if (!/^application\/json\b/.test(this.header?.get("content-type") ?? "")) {
      return false;
    }
    if (this.header?.has("content-encoding") === true) {
      return !isUnreadMessage(runtimeMessage);
    }
    return isCode((parse(this.errorBody ?? []) as { code?: unknown } | null | undefined)?.code);
  }

  private endStreamHasError(runtimeMessage: string): boolean {
    const { envelopes } = this;
    if (envelopes?.ended !== true || envelopes.midway) {
      return false;
    }
    return envelopes.end === undefined
      ? !isUnreadMessage(runtimeMessage)
      : typeof (parse(envelopes.end) as { error?: unknown } | null | undefined)?.error === "object";
  }

  private replay(request: UniversalClientRequest): UniversalClientRequest {
    const { header, signal } = request;
    let { frozen } = this.holder;
    if (frozen === undefined) {
      frozen = isTooLong(request, this.holder.addresses)
        ? freezeAsPost(request)
        : freeze(request, this.shape);
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
    const body = frozen.body && new OneChunk(frozen.body);
    this.requestBody = body;
    return { url, method, header, signal, body } as UniversalClientRequest;
  }

  private passOn(request: UniversalClientRequest): UniversalClientRequest {
    if (request.body === undefined) {
      return request;
    }
    const body = new RequestBody(request.body);
    this.requestBody = body;
    return { ...request, body };
  }

  private responded({ status, header, trailer, body }: UniversalClientResponse) {
    this.status = status;
    this.header = header;
    this.trailer = trailer;
    return { status, header, trailer, body: this.watch(body) };
  }

  // Sees of a body what has to be seen of it.
  private watch(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    if (!this.good) {
      const errorBody: Uint8Array[] = [];
      this.errorBody = errorBody;
      this.watchedBody = new WatchedBody(body, (chunk) => void errorBody.push(chunk));
    } else if (this.shape.enveloped) {
      const envelopes = new EnvelopeScan(this.shape.protocol === "connect" ? END_STREAM : TRAILERS);
      this.envelopes = envelopes;
      this.watchedBody = new WatchedBody(body, (chunk) => envelopes.add(chunk));
    } else {
      this.plainBody = new PlainBody(body);
      return this.plainBody;
    }
    return this.watchedBody;
  }
}

/**
 * The recording whose request is being handed to the HTTP client right now. The
 * client makes or picks its connection before it returns, so that it can find
 * the recording here.
 */
export const inFlight: { recording: Recording | undefined } = { recording: undefined };

function freeze(request: UniversalClientRequest, shape: WireShape): FrozenRequest {
  return {
    url: request.url,
    method: request.method,
    header: request.header,
    body: request.body && new FrozenBody(request.body, shape.enveloped),
  };
}

function isTooLong({ method, url }: UniversalClientRequest, { maxLength }: AddressLimit): boolean {
  return method === "GET" && url.length > maxLength;
}

function freezeAsPost(request: Pick<UniversalClientRequest, "url" | "header">): FrozenRequest {
  const { url, header, body } = toPost(request.url);
  return {
    url,
    method: "POST",
    header: request.header,
    body: new FrozenBody(body, false),
    posted: header,
  };
}

/**
 * Lets the attempts that follow send a GET as POST, and later calls, too, whose
 * address is as long.
 */
export function postInstead(holder: FrozenHolder): void {
  const { frozen, addresses } = holder;
  if (frozen?.method === "GET") {
    addresses.maxLength = Math.min(addresses.maxLength, frozen.url.length - 1);
    holder.frozen = freezeAsPost(frozen);
  }
}

function parse(chunks: readonly Uint8Array[]): unknown {
  const decoder = new TextDecoder();
  try {
    const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Leads from a request to its recording. An HTTP client mostly is called before
 * the tail has handed on the request, so that the next one is meant; where that
 * takes a while (something is compressed), the request's signal tells.
 */
export class Recordings {
  private next: Recording | undefined;
  private readonly bySignal = new WeakMap<AbortSignal, Recording>();

  /** Hands on a request that is to be recorded. */
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

  /** The recording a request is for, if any. */
  take(signal: AbortSignal | undefined): Recording | undefined {
    const { next } = this;
    this.next = undefined;
    return next ?? (signal && this.bySignal.get(signal));
  }
}

/**
 * Puts recorders below Connect: requests that have a recording are
 * recorded, others pass through. Requests to another origin than the base
 * address are refused: they carry credentials.
 */
export function withRecorder(
  client: UniversalClientFn,
  recordings: Recordings,
  origin: string,
): UniversalClientFn {
  const prefix = `${origin}/`;
  return (request) => {
    const recording = recordings.take(request.signal);
    if (!request.url.startsWith(prefix) && new URL(request.url).origin !== origin) {
      return Promise.reject(configError("interceptors", "must not change the origin of a request"));
    }
    return recording === undefined ? client(request) : recording.run(client, request);
  };
}
