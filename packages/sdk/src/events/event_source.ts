import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { uuidV7 } from "../runtime/request_id.js";
import { systemRuntime } from "../runtime/runtime.js";
import { EventError } from "./event_error.js";

/** Source of time, such as `createVirtualClock()` of `/testing`. */
export interface WallClock {
  /** Returns the time since the Unix epoch, in milliseconds. */
  wallNow(): number;
}

/** Where times and ids that are left out come from. */
export interface EventSourceOptions {
  /** Clock. Default: the system's. */
  readonly clock?: WallClock | undefined;
  /** Maker of ids. Default: a UUIDv7 (RFC 9562) of the clock's time. */
  readonly newId?: (() => string) | undefined;
}

/** Returns the time of a clock. */
export function nowOf({ clock = systemRuntime.clock }: EventSourceOptions): Timestamp {
  return timestampFromMs(Math.floor(clock.wallNow()));
}

/** Returns a new id. */
export function idOf({ clock = systemRuntime.clock, newId }: EventSourceOptions): string {
  return newId === undefined ? uuidV7(clock.wallNow(), systemRuntime.random.bytes) : newId();
}

// 0001-01-01 to 9999-12-31, as google.protobuf.Timestamp has it.
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/**
 * Returns a moment as a Timestamp, which is in UTC.
 *
 * @throws EventError `invalid` if it is none, or out of the years 1 to 9999.
 */
export function timestampOf(field: string, time: unknown): Timestamp {
  if (time instanceof Date) {
    const ms = time.getTime();
    if (ms >= FIRST_MS && ms <= LAST_MS) {
      return timestampFromMs(ms);
    }
  } else if (isTimestamp(time)) {
    return time;
  }
  throw new EventError("invalid", field, "must be a time in the years 1 to 9999");
}

function isTimestamp(time: unknown): time is Timestamp {
  const { $typeName, seconds } = Object(time) as Partial<Timestamp>;
  return (
    $typeName === "google.protobuf.Timestamp" &&
    typeof seconds === "bigint" &&
    Number(seconds) * 1_000 >= FIRST_MS &&
    Number(seconds) * 1_000 <= LAST_MS
  );
}
