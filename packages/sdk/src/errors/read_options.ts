import { type AmeideError, configError, isAmeideError } from "./errors.js";

/**
 * Reads what a caller handed over. Getters and proxies are the caller's own code,
 * and may throw anything.
 *
 * @throws AmeideError as the reading throws it, or CONFIG_INVALID.
 */
export function readOptions<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (reason) {
    throw unreadable(option, reason);
  }
}

/** What was thrown while an option was read, as an error of ours. Its own text may be a secret. */
export function unreadable(option: string, reason: unknown): AmeideError {
  if (isAmeideError(reason)) {
    return reason;
  }
  const error = configError(option, "cannot be read: a getter or a proxy of it throws");
  error.cause = reason;
  return error;
}
