/**
 * Kind of an {@link EventError}, the same in every SDK.
 *
 * - `nil`: nothing was given where something is needed.
 * - `missing`: what is needed is empty, or not there.
 * - `mismatch`: the data is another message, or of another tenant.
 * - `invalid`: a value is not what it must be, or a text is not readable.
 * - `too_large`: a text has too many bytes, or is nested too deeply.
 * - `unsupported`: a version is not known.
 */
export type EventErrorCode =
  | "nil"
  | "missing"
  | "mismatch"
  | "invalid"
  | "too_large"
  | "unsupported";

/** Error of a function of `/events`. */
export class EventError extends Error {
  /** Kind of the error. */
  readonly code: EventErrorCode;
  /** What is wrong, by its name in the proto: `source`, `data`, `extensions.traceparent`. */
  readonly field: string;

  constructor(code: EventErrorCode, field: string, rule: string, options?: ErrorOptions) {
    super(`${field}: ${rule}`, options);
    this.name = "EventError";
    this.code = code;
    this.field = field;
  }
}

/** Returns what was given; null and undefined are refused. */
export function given<T>(field: string, value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new EventError("nil", field, "is not given");
  }
  return value;
}
