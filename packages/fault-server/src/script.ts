/** One header or trailer line: name as it goes on the wire, then its value. */
export type Header = readonly [name: string, value: string];

/**
 * Behavior of a server, request by request. Pure JSON data: it can be kept in a file and sent to
 * another process.
 *
 * `attempts` and `otherwise` govern every request whose path has no entry in `routes`.
 */
export interface Script extends Sequence {
  /**
   * Sequences of their own for single paths, by exact path without query, for example
   * `/acme.identity.v1.TokenService/IssueToken`. Each counts its own requests.
   */
  readonly routes?: Readonly<Record<string, Sequence>>;
}

/** The n-th request gets the n-th action of `attempts`, later ones get `otherwise`. */
export interface Sequence {
  /** Default: empty. */
  readonly attempts?: readonly Action[];
  /** Default: HTTP 500 with the header `x-fault-server: script exhausted`. */
  readonly otherwise?: Action;
}

/** An action; exactly one key. */
export type Action =
  | { readonly respond: Respond }
  | { readonly forward: Forward }
  | { readonly reset: Moment }
  | { readonly fin: Moment }
  | { readonly stall: Moment }
  | { readonly silence: "after_head" | "after_read" }
  | { readonly refuse: Refuse }
  | { readonly rstStream: RstStream }
  | { readonly goaway: Goaway }
  | { readonly raw: Raw };

/**
 * Moment at which the server misbehaves.
 *
 * - `on_connect`: the connection was accepted, nothing was read; with TLS that is before the
 *   handshake. If the previous attempt left connections open they are closed gracefully with its
 *   answer, so that this attempt has to connect.
 * - `before_read`: the first bytes of the request have arrived (HTTP/2: its HEADERS frame), none
 *   was looked at. Applies to new and to reused connections.
 * - `after_head`: the request line and headers were read, the body was not.
 * - `after_read`: the whole request was read.
 *
 * The first two happen before the path is known. They are allowed only in the server's own script,
 * without routes and without further scripts on that port.
 */
export type Moment = "on_connect" | "before_read" | "after_head" | "after_read";

/**
 * Way in which a connection is broken off.
 *
 * - `reset`: TCP RST.
 * - `fin`: TCP FIN (with TLS a close_notify before it).
 * - `stall`: stays open, and nothing more is ever sent. On HTTP/2 PINGs are still answered, unless
 *   the stall began at `on_connect` or `before_read`, where the whole connection falls silent.
 * - `silence`: stays open, and neither this answer nor any other on the connection goes on. On
 *   HTTP/2 no PING is answered.
 * - an HTTP/2 error code: RST_STREAM with that code; the connection lives on.
 */
export type BreakOff = "reset" | "fin" | "stall" | "silence" | { readonly rstStream: Http2Code };

/** Error codes of RFC 9113, section 7. */
export type Http2Code =
  | "NO_ERROR"
  | "PROTOCOL_ERROR"
  | "INTERNAL_ERROR"
  | "FLOW_CONTROL_ERROR"
  | "REFUSED_STREAM"
  | "CANCEL"
  | "COMPRESSION_ERROR"
  | "ENHANCE_YOUR_CALM"
  | "INADEQUATE_SECURITY"
  | "HTTP_1_1_REQUIRED";

/** Bytes of a body. `json` is serialized without spaces; `zeros` is a number of zero bytes. */
export type Body =
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly json: unknown }
  | { readonly zeros: number };

/** A body piece, sent `delayMs` (default 0) after the piece before it. */
export type Chunk = Body & { readonly delayMs?: number };

/** Cuts an answer short. */
export interface Cut {
  /**
   * Part of the answer that is sent: nothing, the head alone, half of the body (rounded down), or
   * the head and a number of bytes of the body. With all bytes of a chunked body, or all of an
   * HTTP/2 body, only the end of the answer is missing.
   */
  readonly after: "nothing" | "head" | "half" | number;
  readonly how: BreakOff;
  /**
   * Wait between the last byte and the break, in ms. Default: 5 for a reset, because some clients
   * (those on libuv) take bytes and an RST that arrive together for a clean end; else 0.
   */
  readonly delayMs?: number;
}

/** Answer made up by the server. Only headers that frame the body are added. */
export interface Respond {
  /** 200..599. */
  readonly status: number;
  /**
   * Sent in this order and, on HTTP/1.1, in this case. A `content-length` or `transfer-encoding`
   * given here replaces the server's own framing, true or not. On HTTP/2 names become lower case,
   * repeated names are sent one after the other, and node:http2 refuses to repeat names it knows
   * as single (`content-type`, `retry-after`, …): such a request gets a 500 saying so.
   */
  readonly headers?: readonly Header[];
  /** Default: no body. On HTTP/1.1 it is framed by content-length, with trailers as one chunk. */
  readonly body?: Body;
  /** A body in pieces, chunked on HTTP/1.1. Not together with `body`. */
  readonly chunks?: readonly Chunk[];
  readonly trailers?: readonly Header[];
  /** Statuses of interim answers, without headers: 100, 102..199. Default: none. */
  readonly informational?: readonly number[];
  /** Wait before the head, in ms. Default: 0. */
  readonly delayMs?: number;
  /** Wait before the request's body is read, in ms. Default: 0. */
  readonly readDelayMs?: number;
  /** Answer without reading the request's body; on HTTP/1.1 the connection closes. Default: false. */
  readonly early?: boolean;
  /** Answer at once and read the request's body meanwhile. HTTP/2 only. Default: false. */
  readonly duplex?: boolean;
  /** `connection: close`, or GOAWAY ahead of the answer. Default: false. */
  readonly closeAfter?: boolean;
  readonly cut?: Cut;
}

/**
 * Sends the request, headers unchanged, to the upstream server over the same HTTP version and
 * returns its answer. The request's body is read completely first.
 */
export interface Forward {
  /** Wait between the upstream's head and the client's, in ms. Default: 0. */
  readonly delayMs?: number;
  /** Wait before the request's body is read, in ms. Default: 0. */
  readonly readDelayMs?: number;
  /** `connection: close`, or GOAWAY ahead of the answer. Default: false. */
  readonly closeAfter?: boolean;
  /**
   * Cuts the real answer; `{ after: "nothing", how: "reset" }` lets the upstream do its work and
   * loses the answer. The upstream's answer is always read to its end, even if the client hangs up.
   */
  readonly cut?: Cut;
}

/**
 * Closes the port: the kernel refuses connects, which cannot be counted, so one `refuse` stands for
 * any number of them. The port opens again by `open()` of the server, or by itself. Only in
 * `attempts` of the server's own script, never twice in a row.
 */
export interface Refuse {
  /** Opens the port this long after it was closed, in ms. Default: only `open()` does. */
  readonly forMs?: number;
}

/** Ends the request's HTTP/2 stream without an answer. */
export interface RstStream {
  readonly code: Http2Code;
  /** Default: `after_head`. */
  readonly at?: "after_head" | "after_read";
}

/** Sends GOAWAY instead of an answer. HTTP/2 only. */
export interface Goaway {
  /** Default: `NO_ERROR`. */
  readonly code?: Http2Code;
  /**
   * Last stream that the server says it may have acted on: `before` this request's (so it was not
   * processed), or `this` one.
   */
  readonly lastStream: "before" | "this";
  /** Default: `after_head`. */
  readonly at?: "after_head" | "after_read";
  /** Fate of the connection. Default: `fin`. */
  readonly how?: "reset" | "fin" | "stall";
}

/** Writes bytes to the connection instead of an answer, after the whole request was read. HTTP/1.1 only. */
export interface Raw {
  /** The bytes, as text in Latin-1. */
  readonly text: string;
  /** Fate of the connection afterwards. Default: `fin`. */
  readonly how?: "reset" | "fin" | "stall";
}
