import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Reports whether a time is before another. Unset is before all. */
export function isBefore(a: Timestamp | undefined, b: Timestamp): boolean {
  if (a === undefined) {
    return true;
  }
  return a.seconds === b.seconds ? a.nanos < b.nanos : a.seconds < b.seconds;
}

/** Reports whether a time is at `start` or later, and before `end`. Unset bounds nothing. */
export function isWithin(
  time: Timestamp | undefined,
  start: Timestamp | undefined,
  end: Timestamp | undefined,
): boolean {
  return (
    (start === undefined || !isBefore(time, start)) && (end === undefined || isBefore(time, end))
  );
}
