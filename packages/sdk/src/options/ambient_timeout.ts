import { unheard } from "../runtime/callbacks.js";
import { configError } from "../errors/errors.js";
import type { AmbientDeadline } from "./options.js";

const RULE =
  "must have a function timeoutMs that gives milliseconds, Infinity or undefined; 0 or less is over";

/**
 * Returns the milliseconds left for the request being served, as its source says; undefined if
 * there is no deadline.
 *
 * @param option - Name of the source in the error.
 * @throws AmeideError CONFIG_INVALID if the source throws or gives anything but milliseconds.
 */
export function ambientTimeout(
  option: string,
  from: AmbientDeadline | (() => AmbientDeadline | undefined),
): number | undefined {
  let ms: unknown;
  try {
    const source = typeof from === "function" ? unheard(from()) : from;
    ms = unheard(source?.timeoutMs());
  } catch (reason) {
    const error = configError(option, `${RULE}; it threw`);
    error.cause = reason;
    throw error;
  }
  if (ms === undefined || (typeof ms === "number" && ms > Number.NEGATIVE_INFINITY)) {
    return ms;
  }
  throw configError(option, RULE, ms);
}
