import type { Limit } from "./deadline.js";
import type { Hint } from "./hints.js";

/** Who made the failure. */
export type Origin = "server" | "transport" | "client";

/** Whether the server may have read the request. */
export type Sent = "no" | "maybe" | "yes";

/**
 * What is known of a failed attempt, from the recorder below the runtime and
 * from the shell above it. The runtime's own code counts only where neither
 * knows better.
 */
export interface Observation {
  /** We ended the attempt ourselves. */
  readonly cut?: Limit | "canceled" | undefined;
  /** The failure was made above the HTTP layer: an interceptor, serialization. */
  readonly local: boolean;
  /** The HTTP client failed before a response head, or while its body was read. */
  readonly network?: NetworkFailure | undefined;
  /** Status of the response, if its head arrived. */
  readonly status?: number | undefined;
  /** That status is one of good answers. */
  readonly good: boolean;
  /** The response carried a valid error of the protocol. */
  readonly protocolError: boolean;
  /** A good answer was over before the protocol's own end of it had come. */
  readonly endedEarly: boolean;
  /** Code the runtime gave, in Connect's spelling. */
  readonly runtimeCode: string;
  /** What the server said about when to try again. */
  readonly hint?: Hint | undefined;
}

/** A failure of the connection. */
export interface NetworkFailure {
  /** Error codes along the chain of causes (`ECONNREFUSED`). */
  readonly codes: readonly string[];
  /** Error texts along the chain of causes. */
  readonly texts: readonly string[];
  /** HTTP/2 error code of the reset stream. */
  readonly h2ErrorCode?: number | undefined;
  /** True if no byte of the request left, false if some may have. */
  readonly nothingSent: boolean;
}

/** A failure in the terms that decide about a retry. */
export interface Failure {
  /** In Connect's spelling. */
  readonly code: string;
  readonly origin: Origin;
  readonly sent: Sent;
  /** The peer's certificate was refused. */
  readonly certificate: boolean;
  /** A timeout that is not the call's own ended the attempt. */
  readonly attemptTimedOut: boolean;
  readonly httpStatus?: number | undefined;
  readonly protocolError: boolean;
  /** Machine-readable reason, where we made the error. */
  readonly reason?: string | undefined;
  readonly hint?: Hint | undefined;
}

const NOT_CONNECTED: ReadonlySet<string> = new Set([
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
]);

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

// Codes for statuses without an error of the protocol (Connect protocol, "HTTP
// to Error Code").
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

// What the runtime may call an answer it cannot take, as Connect's own suite
// has it: of no known media type; no message or more than one where one is due.
// All else is `internal`.
const READ_CODES: ReadonlySet<string> = new Set(["unknown", "unimplemented"]);

// The only texts that are matched anywhere: what Node says without a code, and
// what Connect says of a body that is shorter than was announced.
const NOT_SENT_TEXTS = [
  "before secure TLS connection was established",
  // Also what an HTTP client that is not ours may say.
  "REFUSED_STREAM",
];
const SHORT_BODY_TEXT = /^protocol error: promised (\d+) bytes, received (\d+)$/;

/** Whether this is what Connect says of a body that is shorter than its `content-length`. */
export function isShortBody(message: string): boolean {
  const [, promised, received] = SHORT_BODY_TEXT.exec(message) ?? [];
  return Number(received) < Number(promised);
}

const H2_REFUSED_STREAM = 7;

/**
 * Turns what is known of a failed attempt into one failure. The runtimes
 * disagree about the code of the same event; this is where that ends.
 */
export function normalize(seen: Observation): Failure {
  const failure = {
    sent: "yes" as Sent,
    certificate: false,
    attemptTimedOut: false,
    httpStatus: seen.status === 0 ? undefined : seen.status,
    protocolError: seen.protocolError,
    hint: seen.hint,
  };
  switch (seen.cut) {
    case "canceled":
      return { ...failure, code: "canceled", origin: "client", sent: "maybe" };
    case "deadline":
      return { ...failure, code: "deadline_exceeded", origin: "client", sent: "maybe" };
    case undefined:
      break;
    default:
      return {
        ...failure,
        code: "deadline_exceeded",
        origin: "transport",
        sent: "maybe",
        attemptTimedOut: true,
      };
  }
  if (seen.network !== undefined) {
    const certificate = seen.network.codes.some((code) => CERTIFICATE.has(code));
    const sent = certificate || isNotSent(seen.network) ? "no" : "maybe";
    return { ...failure, code: "unavailable", origin: "transport", sent, certificate };
  }
  if (seen.local || seen.status === undefined) {
    return { ...failure, code: seen.runtimeCode, origin: "client", sent: "no" };
  }
  if (isRedirect(seen.status)) {
    return { ...failure, code: "unknown", origin: "client", reason: "REDIRECT_REFUSED" };
  }
  if (seen.protocolError) {
    return { ...failure, code: seen.runtimeCode, origin: "server" };
  }
  if (seen.runtimeCode === "resource_exhausted") {
    // No status stands for this code: the answer is over a limit of ours.
    return { ...failure, code: seen.runtimeCode, origin: "client" };
  }
  if (seen.endedEarly) {
    return { ...failure, code: "internal", origin: "transport", sent: "maybe" };
  }
  if (seen.good) {
    // The answer was good until we read it.
    const code = READ_CODES.has(seen.runtimeCode) ? seen.runtimeCode : "internal";
    return { ...failure, code, origin: "client" };
  }
  return { ...failure, code: HTTP_CODES[seen.status] ?? "unknown", origin: "server" };
}

// A browser hides the status of a redirect that it does not follow: 0.
function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

function isNotSent(network: NetworkFailure): boolean {
  return (
    network.nothingSent ||
    network.h2ErrorCode === H2_REFUSED_STREAM ||
    network.codes.some((code) => NOT_CONNECTED.has(code)) ||
    NOT_SENT_TEXTS.some((text) => network.texts.some((seen) => seen.includes(text)))
  );
}
