import type { Limit } from "./deadline.js";
import type { Hint } from "./server_hints.js";

/** Source of a failure. */
export type Origin = "server" | "transport" | "client";

/** Tells whether the server may have read the request. */
export type Sent = "no" | "maybe" | "yes";

/** Reasons for which the SDK itself ends an attempt. */
export type AbortCause = Limit | "canceled";

/**
 * Facts about a failed attempt, from the recorder below the runtime and from the call above it. The
 * runtime's own code counts only if neither knows better.
 */
export interface Observation {
  /** Reason, if the SDK itself ended the attempt. */
  readonly abortCause?: AbortCause | undefined;
  /** True if the failure was made above the HTTP layer: by an interceptor, or in serialization. */
  readonly local: boolean;
  /** Failure of the HTTP client before a response head, or while its body was read. */
  readonly network?: NetworkFailure | undefined;
  /** Status of the response, if its head arrived. */
  readonly status?: number | undefined;
  /** True if that status is one of good answers. */
  readonly good: boolean;
  /** True if the response carried a valid error of the protocol. */
  readonly wireError: boolean;
  /**
   * Tells whether the server may have read the data sent, as far as that is known without an error.
   */
  readonly reached: Sent;
  /** True if the request had no connection yet, so that nothing of it was sent. */
  readonly waits: boolean;
  /**
   * True if an interceptor sent more than one request, so that no answer stands for the attempt.
   */
  readonly sentAgain: boolean;
  /** True if the body of the answer has an unknown compression: it may say anything. */
  readonly unread: boolean;
  /** True if a good answer was over before the protocol's own end of it had come. */
  readonly endedEarly: boolean;
  /** Code of the runtime, in Connect's spelling. */
  readonly runtimeCode: string;
  /** Server's statement about when to try again. */
  readonly hint?: Hint | undefined;
}

/** Failure of a connection. */
export interface NetworkFailure {
  /** Errors along the chain of causes. */
  readonly errors: readonly NetworkError[];
  /** HTTP/2 error code of the reset stream. */
  readonly h2ErrorCode?: number | undefined;
  /**
   * True if the request had no connection yet, TLS included, or the first byte of its body had not
   * been asked for.
   */
  readonly nothingSent: boolean;
  /** True if the HTTP client reports connections, and this one was established. */
  readonly connected: boolean;
  /** True if an informational head (1xx) has come. */
  readonly informed: boolean;
}

/** One error of a chain of causes, with the parts that tell when it happened. */
export interface NetworkError {
  /** For example `ECONNREFUSED`. */
  readonly code: string | undefined;
  /** Node's operation: `connect`. */
  readonly syscall: string | undefined;
  readonly text: string;
}

/**
 * Lasting disagreement of the two sides of a connection: the SDK refuses the peer's certificate, or
 * one side refuses the other's settings.
 */
export type Mismatch = "certificate" | "settings";

/** A failure, in the terms that decide about a retry. */
export interface Failure {
  /** Code in Connect's spelling. */
  readonly code: string;
  readonly origin: Origin;
  readonly sent: Sent;
  /** Disagreement that keeps the two sides from ever having a connection. */
  readonly mismatch: Mismatch | undefined;
  /**
   * True if a limit or the caller ended the attempt. A code of an interceptor's own does not tell.
   */
  readonly ended: boolean;
  /** True if a timeout other than the call's own ended the attempt. */
  readonly attemptTimedOut: boolean;
  readonly httpStatus?: number | undefined;
  readonly wireError: boolean;
  /** True if more than one request was sent: no answer stands for the attempt. */
  readonly sentAgain: boolean;
  /** True if the body of the answer could not be read. */
  readonly unread: boolean;
  /** Machine-readable reason, if the SDK made the error. */
  readonly reason?: string | undefined;
  readonly hint?: Hint | undefined;
}

// A code names no moment: `read EHOSTUNREACH` may follow a request that was read. These operations
// come before a connection is established.
const CONNECTING_CALLS: ReadonlySet<string> = new Set(["bind", "connect", "getaddrinfo"]);

const CERTIFICATE: ReadonlySet<string> = new Set([
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

// Alerts of a server about a client certificate.
const OUR_CERTIFICATE: ReadonlySet<string> = new Set([
  "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
  "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  "ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED",
  "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED",
  "ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR",
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
]);

// Failures for lack of TLS, of a common version, cipher, name or HTTP version, or of a matching
// key; and a proxy that wants a credential, or admits nobody.
const HANDSHAKE: ReadonlySet<string> = new Set([
  "ERR_HTTP_VERSION",
  "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
  "ERR_PROXY_REFUSED",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY",
  "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);

// Errors for an answer whose head is larger than the HTTP client accepts.
const OVER_LIMIT: ReadonlySet<string> = new Set([
  "HPE_HEADER_OVERFLOW",
  "UND_ERR_HEADERS_OVERFLOW",
]);

// Codes for statuses without an error of the protocol (Connect protocol, "HTTP to Error Code").
const HTTP_CODES: Readonly<Record<number, string | undefined>> = {
  400: "internal",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

// Codes that the runtime may give an unacceptable answer, by Connect's own suite: an unknown media
// type; no message, or more than one, where one is due. Any other code becomes `internal`.
const READ_CODES: ReadonlySet<string> = new Set(["unknown", "unimplemented"]);

// The only texts that are matched anywhere: of clients that tell in no other way that nothing was
// sent, and Connect's for a body shorter than announced.
const NOT_SENT_TEXTS: readonly RegExp[] = [
  // Node
  /^Client network socket disconnected before secure TLS connection was established$/,
  /^Stream closed with error code NGHTTP2_REFUSED_STREAM$/,
  // Connect over Node
  /^(\[\w+\] )?http\/2 stream closed with error code REFUSED_STREAM \(0x7\)$/,
  // Bun
  /^ECONNREFUSED: Unable to connect\./,
  // Deno
  /^error sending request for url \(\S+\): client error \(Connect\): /,
];
// Error of undici, which is behind Node's fetch.
const CONNECT_TIMEOUT = "UND_ERR_CONNECT_TIMEOUT";
const H2_REFUSED_STREAM = 7;

/**
 * Turns the facts about a failed attempt into one failure. Runtimes give the same event different
 * codes; from here on there is one.
 */
export function toFailure(seen: Observation): Failure {
  const failure = {
    sent: "yes" as Sent,
    mismatch: undefined,
    ended: seen.abortCause !== undefined,
    attemptTimedOut: false,
    httpStatus: seen.status === 0 ? undefined : seen.status,
    wireError: seen.wireError,
    sentAgain: seen.sentAgain,
    unread: seen.unread,
    hint: isServersError(seen) ? seen.hint : undefined,
  };
  const sentWhenAborted = seen.waits ? "no" : "maybe";
  switch (seen.abortCause) {
    case "canceled":
      return { ...failure, code: "canceled", origin: "client", sent: sentWhenAborted };
    case "deadline":
      return { ...failure, code: "deadline_exceeded", origin: "client", sent: sentWhenAborted };
    case undefined:
      break;
    default:
      return {
        ...failure,
        code: "deadline_exceeded",
        origin: "transport",
        sent: sentWhenAborted,
        attemptTimedOut: true,
      };
  }
  if (seen.network?.errors.some(({ code = "" }) => OVER_LIMIT.has(code)) === true) {
    return { ...failure, code: "resource_exhausted", origin: "client" };
  }
  if (seen.network !== undefined) {
    const mayBeSent = isAnswered(seen, seen.network) || seen.sentAgain;
    const mismatch = mayBeSent ? undefined : mismatchOf(seen.network);
    const refused = mismatch !== undefined && !seen.network.connected;
    const sent = refused || (!mayBeSent && isNotSent(seen.network)) ? "no" : "maybe";
    return { ...failure, code: "unavailable", origin: "transport", sent, mismatch };
  }
  if (seen.local || seen.status === undefined) {
    return { ...failure, code: seen.runtimeCode, origin: "client", sent: seen.reached };
  }
  if (isRedirect(seen.status)) {
    return { ...failure, code: "unknown", origin: "client", reason: "REDIRECT_REFUSED" };
  }
  if (seen.wireError) {
    return { ...failure, code: seen.runtimeCode, origin: "server" };
  }
  if (seen.runtimeCode === "resource_exhausted") {
    // No status has this code: the answer exceeds one of the SDK's limits.
    return { ...failure, code: seen.runtimeCode, origin: "client" };
  }
  if (seen.endedEarly) {
    return { ...failure, code: "internal", origin: "transport", sent: "maybe" };
  }
  if (seen.good) {
    // The answer was good until the SDK read it.
    const code = READ_CODES.has(seen.runtimeCode) ? seen.runtimeCode : "internal";
    return { ...failure, code, origin: "client" };
  }
  return { ...failure, code: codeOfHttpStatus(seen.status), origin: "server" };
}

/** Returns the code for a status without an error of the protocol. */
export function codeOfHttpStatus(status: number): string {
  return HTTP_CODES[status] ?? "unknown";
}

// A browser hides the status of a redirect that it does not follow: 0.
function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

// A hint on a good answer that breaks off, or cannot be read, is not used.
function isServersError({ wireError, status, good, sentAgain }: Observation): boolean {
  const byStatus = status !== undefined && !good && !isRedirect(status);
  return (wireError || byStatus) && !sentAgain;
}

// A server that has begun to answer has read something, whatever comes then.
function isAnswered({ status }: Observation, { informed }: NetworkFailure): boolean {
  return status !== undefined || informed;
}

function isNotSent({ nothingSent, h2ErrorCode, connected, errors }: NetworkFailure): boolean {
  return (
    nothingSent ||
    (h2ErrorCode === H2_REFUSED_STREAM && !errors.some(isOfSession)) ||
    (!connected && sayNothingWasSent(errors))
  );
}

// Node gives the streams that a GOAWAY covers the code of the GOAWAY, which says nothing about
// them.
function isOfSession({ code }: NetworkError): boolean {
  return code === "ERR_HTTP2_SESSION_ERROR";
}

// With TLS 1.3 a server may refuse the client certificate after the handshake.
function mismatchOf({ connected, errors }: NetworkFailure): Mismatch | undefined {
  const has = (codes: ReadonlySet<string>) => errors.some(({ code = "" }) => codes.has(code));
  if (!connected && has(CERTIFICATE)) {
    return "certificate";
  }
  return has(OUR_CERTIFICATE) || (!connected && has(HANDSHAKE)) ? "settings" : undefined;
}

// An error with a code that does not say so may belong to an earlier request of a client that
// resends by itself.
function sayNothingWasSent(errors: readonly NetworkError[]): boolean {
  return (
    errors.some(saysNothingWasSent) &&
    errors.every((error) => error.code === undefined || saysNothingWasSent(error))
  );
}

function saysNothingWasSent({ code, syscall, text }: NetworkError): boolean {
  return (
    (syscall !== undefined && CONNECTING_CALLS.has(syscall)) ||
    code === CONNECT_TIMEOUT ||
    NOT_SENT_TEXTS.some((pattern) => pattern.test(text))
  );
}
