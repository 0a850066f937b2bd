import type {
  UniversalClientFn,
  UniversalClientRequest,
  UniversalClientResponse,
} from "@connectrpc/connect/protocol";
import { configError, isCode } from "./errors.js";
import { isUnreadMessage, type NetworkFailure } from "./normalize.js";

/** The request of attempt 1, replayed byte for byte by the others. */
export interface FrozenRequest {
  readonly url: string;
  readonly method: string;
  readonly encoding: string | null;
  /** The one chunk of the body; undefined for GET. */
  readonly body: Promise<IteratorResult<Uint8Array>> | undefined;
}

/** A socket, as far as the recorder looks at it. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

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
  private networkError: { reason: unknown } | undefined;
  private bodyAsked = false;
  private readonly errorBody: Uint8Array[] = [];

  /** @param frozen - Holds the request of the call's first attempt. */
  constructor(private readonly frozen: { request?: FrozenRequest }) {}

  /** Sends the request and watches what becomes of it. */
  run(
    client: UniversalClientFn,
    request: UniversalClientRequest,
  ): Promise<UniversalClientResponse> {
    const frozen = (this.frozen.request ??= freeze(request));
    if (frozen.encoding === null) {
      request.header.delete("content-encoding");
    } else {
      request.header.set("content-encoding", frozen.encoding);
    }
    inFlight.recording = this;
    try {
      return client({
        ...request,
        url: frozen.url,
        method: frozen.method,
        ...(frozen.body && { body: this.requestBody(frozen.body) }),
      }).then((response) => this.responded(response), this.failed);
    } finally {
      inFlight.recording = undefined;
    }
  }

  /** A failure of the connection, if that is what happened. */
  network(): NetworkFailure | undefined {
    if (this.networkError === undefined) {
      return undefined;
    }
    const codes: string[] = [];
    const texts: string[] = [];
    let reason: unknown = this.networkError.reason;
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
      nothingSent: this.handshaking || (this.frozen.request?.body !== undefined && !this.bodyAsked),
    };
  }

  /**
   * Whether the response carried a valid error of the Connect protocol. A JSON
   * error of a gateway is none: its `code` is a number, or no code of Connect's.
   *
   * @param runtimeMessage - What the runtime made of the response. It decides
   *   where the body is compressed, since only the runtime has read that.
   */
  isProtocolError(runtimeMessage: string): boolean {
    if (!/^application\/json\b/.test(this.header?.get("content-type") ?? "")) {
      return false;
    }
    if (this.header?.has("content-encoding") === true) {
      return !isUnreadMessage(runtimeMessage);
    }
    try {
      const decoder = new TextDecoder();
      const text = this.errorBody.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
      return isCode((JSON.parse(text) as { code?: unknown } | null)?.code);
    } catch {
      return false;
    }
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

  private readonly failed = (reason: unknown): never => {
    this.networkError = { reason };
    throw reason;
  };

  // An HTTP client asks for the body once it is connected.
  private requestBody(chunk: Promise<IteratorResult<Uint8Array>>): AsyncIterable<Uint8Array> {
    let sent = false;
    const iterator: AsyncIterator<Uint8Array> = {
      next: () => {
        this.bodyAsked = true;
        if (sent) {
          return Promise.resolve({ done: true, value: undefined });
        }
        sent = true;
        return chunk;
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  private responded(response: UniversalClientResponse): UniversalClientResponse {
    this.status = response.status;
    this.header = response.header;
    this.trailer = response.trailer;
    const { body } = response;
    const keep = response.status === 200 ? undefined : this.errorBody;
    return {
      ...response,
      body: {
        [Symbol.asyncIterator]: () => {
          const iterator = body[Symbol.asyncIterator]();
          const next =
            keep === undefined
              ? () => iterator.next().catch(this.failed)
              : () =>
                  iterator.next().then((result) => {
                    if (result.done !== true) {
                      keep.push(result.value);
                    }
                    return result;
                  }, this.failed);
          return { ...passOn(iterator), next };
        },
      },
    };
  }
}

/**
 * The recording whose request is being handed to the HTTP client right now. The
 * client makes or picks its connection before it returns, so that it can find
 * the recording here.
 */
export const inFlight: { recording: Recording | undefined } = { recording: undefined };

function freeze(request: UniversalClientRequest): FrozenRequest {
  return {
    url: request.url,
    method: request.method,
    encoding: request.header.get("content-encoding"),
    body: request.body?.[Symbol.asyncIterator]().next(),
  };
}

function passOn(iterator: AsyncIterator<Uint8Array>): Partial<AsyncIterator<Uint8Array>> {
  const rest: Partial<AsyncIterator<Uint8Array>> = {};
  if (iterator.throw !== undefined) {
    rest.throw = (reason) => (iterator.throw as (reason: unknown) => never)(reason);
  }
  if (iterator.return !== undefined) {
    rest.return = (value) => (iterator.return as (value: unknown) => never)(value);
  }
  return rest;
}

/**
 * Puts recorders below Connect: requests whose signal has a recording are
 * recorded, others pass through. Requests to another origin than the base
 * address are refused: they carry credentials.
 */
export function withRecorder(
  client: UniversalClientFn,
  recordings: WeakMap<AbortSignal, Recording>,
  origin: string,
): UniversalClientFn {
  return (request) => {
    if (!request.url.startsWith(`${origin}/`) && new URL(request.url).origin !== origin) {
      return Promise.reject(configError("interceptors", "must not change the origin of a request"));
    }
    const recording = request.signal && recordings.get(request.signal);
    return recording === undefined ? client(request) : recording.run(client, request);
  };
}
