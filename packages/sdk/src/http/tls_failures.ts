import type { Socket } from "node:net";

// Explains TLS errors between two sides that do not fit, with advice. `toFailure` has the same
// codes: none of them is transient.
const WORDS: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the server asks for a client certificate (tls)",
  // Bun names OpenSSL's alerts differently.
  ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED: "the server asks for a client certificate (tls)",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    "the server takes no TLS that is offered: it may ask for a client certificate (tls), or for other ciphers",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the server does not know the authority of the client certificate (tls)",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the server refuses the client certificate (tls)",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "the server refuses the client certificate (tls)",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "the client certificate (tls) is revoked",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "the client certificate (tls) has expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "the server refuses the client certificate (tls)",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "the server refuses the client certificate (tls)",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: "the server refuses the client certificate (tls)",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "client and server have no TLS version in common",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "client and server have no TLS version in common",
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: "client and server have no TLS cipher in common",
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: "the server does not know the host's name",
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS on this port; is it http?",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server does not speak TLS on this port; is it http?",
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "the key is not that of the certificate (tls)",
};

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
const TRUST =
  "the authority of the certificate is not known; state it by tls.ca or NODE_EXTRA_CA_CERTS";

/** Hint for a server that hangs up during the handshake. */
export const NO_TLS = "the server may not speak TLS on this port; is it http?";
// Hint for a server that hangs up without a word, after a handshake and without one.
const NO_CERTIFICATE =
  "the server closed the connection right after the TLS handshake; does it want a client certificate (tls)?";
const NO_PLAIN = {
  "HTTP/1.1": 'the server may speak TLS (use https) or only HTTP/2 (httpVersion: "2")',
  "HTTP/2": "the server may speak TLS; use https",
};

const NO_APPLICATION_PROTOCOL = "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";
// What the SDK finds out by itself, without an alert of TLS.
const NO_COMMON_VERSION = "ERR_HTTP_VERSION";

/** Creates the error for a server that speaks none of the offered HTTP versions. */
export function versionNotSpoken(advice: string): Error {
  return Object.assign(new Error(notSpoken(advice)), { code: NO_COMMON_VERSION });
}

/** Puts the meaning of a TLS error before OpenSSL's words. */
export function putIntoWords(
  error: Error & { code?: string; words?: boolean },
  advice: string,
): void {
  const { message } = error;
  // An error of a write names the system call instead of OpenSSL's reason.
  const [, told] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  if (error.code === "EPROTO" && told !== undefined) {
    error.code = `ERR_SSL_${told.toUpperCase().replace(/\W+/g, "_")}`;
  }
  const { code = "" } = error;
  const words = code === NO_APPLICATION_PROTOCOL ? notSpoken(advice) : WORDS[code];
  if (words !== undefined && !message.startsWith(words)) {
    error.message = told === undefined ? words : `${words}: ${told}`;
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    withHint(error, TRUST);
  }
}

/** Reports whether the other side ended a connection without a word. */
export function isHangUp({ code }: Error & { code?: string }): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}

/** Adds the possible reason if a server closes a connection before its first word. */
export function hintAtSilence(
  reason: Error,
  socket: Socket | null,
  version: "HTTP/1.1" | "HTTP/2",
): void {
  if (isHangUp(reason) && socket !== null) {
    withHint(reason, "encrypted" in socket ? NO_CERTIFICATE : NO_PLAIN[version]);
  }
}

/**
 * Puts into words that a server answers HTTP/1.1 with the SETTINGS of HTTP/2.
 *
 * @returns False for any other error, and where the runtime does not show what came.
 */
export function recognizeHttp2(reason: Error & { code?: string; rawPacket?: unknown }): boolean {
  const { rawPacket } = reason;
  if (!(rawPacket instanceof Uint8Array) || !isSettings(rawPacket)) {
    return false;
  }
  reason.message = notSpoken('HTTP/1.1; take httpVersion: "2"');
  reason.code = NO_COMMON_VERSION;
  return true;
}

// A frame of a few settings, on stream 0 (RFC 9113, section 6.5).
function isSettings(bytes: Uint8Array): boolean {
  return bytes.length >= 9 && [0, 0, -1, 4, 0, 0, 0, 0, 0].every((b, i) => b < 0 || bytes[i] === b);
}

/** Appends a possible reason to the text of an error. */
export function withHint<E extends Error>(error: E, hint: string): E {
  if (!error.message.includes(hint)) {
    error.message += ` (${hint})`;
  }
  return error;
}

function notSpoken(advice: string): string {
  return `the server does not speak ${advice}`;
}
