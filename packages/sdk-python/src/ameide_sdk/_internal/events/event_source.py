"""Times and ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from protobuf.wkt import Timestamp

from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.runtime.request_id import uuid_v7
from ameide_sdk._internal.runtime.runtime import Randomness, SystemClock


class WallClock(Protocol):
    """A source of time, such as a `VirtualClock` of `ameide_sdk.testing`."""

    def wall_now(self) -> float:
        """Returns the time since the Unix epoch, in milliseconds."""
        ...


SYSTEM_CLOCK = SystemClock()


def now_of(clock: WallClock | None) -> Timestamp:
    """Returns the time of a clock."""
    return Timestamp.from_nanos(int((clock or SYSTEM_CLOCK).wall_now()) * 1_000_000)


def id_of(clock: WallClock | None, new_id: Callable[[], str] | None) -> str:
    """Returns a new id: by default a UUIDv7 (RFC 9562) of the clock's time."""
    if new_id is not None:
        return new_id()
    return uuid_v7((clock or SYSTEM_CLOCK).wall_now(), Randomness().bytes)


# 0001-01-01 to 9999-12-31, as google.protobuf.Timestamp has it.
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799


def timestamp_of(field: str, time: object) -> Timestamp:
    """Returns a moment as a Timestamp, which is in UTC.

    Raises:
        EventError: `invalid` if it is none, has no zone, or is out of the years 1 to 9999.
    """
    if isinstance(time, Timestamp) and _FIRST_SECOND <= time.seconds <= _LAST_SECOND:
        return time
    if isinstance(time, datetime) and time.utcoffset() is not None:
        try:
            return Timestamp.from_datetime(time)
        except OverflowError:
            pass
    raise EventError("invalid", field, "must be a time with a zone, in the years 1 to 9999")
