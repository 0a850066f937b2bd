import { unheard } from "../runtime/callbacks.js";
import { configError } from "../errors/errors.js";
import type { AmbientDeadline } from "./options.js";

const RULE =
  "must have a function timeoutMs that gives milliseconds, Infinity or undefined; 0 or less is over";

/**
 * Milliseconds left of the deadline of the request being served, as its source says, if
 * that makes sense; undefined for none.
 *
 * @param option - What the source is called in the error.
 * @throws AmeideError CONFIG_INVALID where the source throws or gives no such number.
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
