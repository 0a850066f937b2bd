import { fromJson } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { EventError } from "./event_error.js";

const TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a time (RFC 3339) of the years 1 to 9999, to the nanosecond. A leap second is none of the
 * seconds that a Timestamp counts.
 *
 * @throws EventError `invalid`.
 */
export function timestampFromText(field: string, text: string): Timestamp {
  const upper = text.toUpperCase();
  try {
    if (isTime(upper)) {
      return fromJson(TimestampSchema, upper);
    }
  } catch {
    // Its zone makes it a time before the year 1, or after 9999.
  }
  throw new EventError("invalid", field, "must be a time (RFC 3339)");
}

/** Reports whether a text in capital letters is a time, of a day there is. */
export function isTime(text: string): boolean {
  const [, year = "", month = "", day = ""] = TIME.exec(text) ?? [];
  return Number(day) >= 1 && Number(day) <= daysOf(Number(year), Number(month));
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
