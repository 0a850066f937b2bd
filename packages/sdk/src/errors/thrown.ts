import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Turns a thrown value into a ConnectError. Anything may be thrown, including values without a
 * string form. The text of an error thrown by `Headers` is dropped: runtimes quote the value they
 * refuse, which may be a secret.
 *
 * @param code - Code for values other than a `ConnectError`.
 */
export function connectErrorOf(reason: unknown, code: Code = Code.Unknown): ConnectError {
  try {
    const error = ConnectError.from(reason, code);
    return isHeaderError(error.cause)
      ? new ConnectError(HEADER_REFUSED, error.code, error.metadata)
      : error;
  } catch {
    const error = new ConnectError("what was thrown cannot be shown", code);
    error.cause = reason;
    return error;
  }
}

const HEADER_REFUSED =
  "a header was set to what HTTP does not allow, by an interceptor or a callback";

function isHeaderError(cause: unknown): boolean {
  const { name, message } = (cause ?? {}) as { name?: unknown; message?: unknown };
  const text = name === "TypeError" && typeof message === "string" ? message : "";
  return /\binvalid\b/i.test(text) && /\bheader\b/i.test(text);
}
