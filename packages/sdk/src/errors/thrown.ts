import { Code, ConnectError } from "@connectrpc/connect";

/**
 * What was thrown, as an error of Connect's. Anything may be thrown, also what has no
 * string form. Of what `Headers` throws nothing is kept: runtimes quote the value that
 * they refuse, and it may be a secret.
 *
 * @param code - Code for values that are no `ConnectError`.
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
