import { Priority, type QuietHours } from "@ameideio/core-proto/ameide/notifications/v1";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Reports whether a time zone is known. Empty is UTC. */
export function isTimeZone(timeZone: string): boolean {
  try {
    clockOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns when something may be delivered: now, or when quiet hours end.
 *
 * @param now - Epoch milliseconds, as is the result.
 */
export function deliveryTime(
  quiet: QuietHours | undefined,
  priority: Priority,
  now: number,
): number {
  if (quiet === undefined || priority >= (quiet.breakFrom || Priority.URGENT)) {
    return now;
  }
  const clock = clockOf(quiet.timeZone);
  if (!isQuiet(quiet, minuteOf(clock, now))) {
    return now;
  }
  // By the minute, because clocks may be set in between: a day has 23 to 25 hours.
  let time = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  do {
    time += MINUTE_MS;
  } while (isQuiet(quiet, minuteOf(clock, time)));
  return time;
}

function isQuiet({ startMinute, endMinute }: QuietHours, minute: number): boolean {
  const length = (endMinute - startMinute + DAY_MINUTES) % DAY_MINUTES;
  return (minute - startMinute + DAY_MINUTES) % DAY_MINUTES < length;
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: timeZone || "UTC",
  });
}

function minuteOf(clock: Intl.DateTimeFormat, time: number): number {
  const [hours = 0, minutes = 0] = clock.format(time).split(":").map(Number);
  return 60 * hours + minutes;
}
