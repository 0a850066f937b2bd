import { type AmeideError, configError, isAmeideError } from "./errors.js";

/**
 * Reads a caller's value. Getters and proxies are the caller's own code, and may throw anything.
 *
 * @throws AmeideError if `read` throws one, otherwise CONFIG_INVALID for anything thrown.
 */
export function readOptions<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (reason) {
    throw unreadable(option, reason);
  }
}

/**
 * Creates the error for a value thrown while an option was read. Its own text may be a secret, and
 * is left out.
 */
export function unreadable(option: string, reason: unknown): AmeideError {
  if (isAmeideError(reason)) {
    return reason;
  }
  const error = configError(option, "cannot be read: a getter or a proxy of it throws");
  error.cause = reason;
  return error;
}
