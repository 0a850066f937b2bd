import { Code, ConnectError } from "@connectrpc/connect";

/**
 * What was thrown, as an error of Connect's. Anything may be thrown, also what has no
 * string form.
 *
 * @param code - Code for values that are no `ConnectError`.
 */
export function connectErrorOf(reason: unknown, code: Code = Code.Unknown): ConnectError {
  try {
    return ConnectError.from(reason, code);
  } catch {
    const error = new ConnectError("what was thrown cannot be shown", code);
    error.cause = reason;
    return error;
  }
}
