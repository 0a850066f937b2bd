"""What a server says about when to try again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from ameide_sdk._internal.policy.policy_table import MAX_SAFE_INTEGER

HintFrom: TypeAlias = Literal["retry_info", "retry-after-ms", "retry-after"]
"""Places of a delay."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Server's statement about when to try again.

    Attributes:
        kind: `pushback` is `grpc-retry-pushback-ms` (gRPC retry design, A6): wait exactly this
            long. `stop` is a negative or unparsable pushback: do not try again. `delay`: wait at
            least this long.
        delay_ms: The wait; 0 for a stop.
        from_: Place of a delay; otherwise None.
    """

    kind: Literal["pushback", "stop", "delay"]
    delay_ms: float = 0
    from_: HintFrom | None = None


@dataclass(frozen=True, slots=True)
class HintSource:
    """Place of a hint in a failed response.

    Attributes:
        get: Returns a header, or a trailer if there is no such header; None for neither. Several
            values are joined by a comma and a space (RFC 9110, section 5.3).
        wall_now_ms: Wall clock in epoch milliseconds, for `Retry-After` dates.
        retry_info_ms: `google.rpc.RetryInfo.retry_delay` in milliseconds, if there is one.
    """

    get: Callable[[str], str | None]
    wall_now_ms: float
    retry_info_ms: float | None = None


def read_hint(source: HintSource) -> Hint | None:
    """Reads the first valid hint of a failed response."""
    pushback = source.get("grpc-retry-pushback-ms")
    if pushback is not None:
        ms = _digits(pushback.strip(_WHITESPACE))
        return Hint("stop") if ms is None else Hint("pushback", ms)
    if source.retry_info_ms is not None and source.retry_info_ms >= 0:
        return Hint("delay", _saturate(math.ceil(source.retry_info_ms)), "retry_info")
    ms = _digits(source.get("retry-after-ms"))
    if ms is not None:
        return Hint("delay", ms, "retry-after-ms")
    ms = _retry_after(source.get("retry-after"), source.wall_now_ms)
    return None if ms is None else Hint("delay", ms, "retry-after")


def hint_delay(hint: Hint | None) -> float | None:
    """Returns the wait that a hint asks for, in milliseconds; None for no hint or a stop."""
    return None if hint is None or hint.kind == "stop" else hint.delay_ms


# Optional whitespace of a field value (RFC 9110, section 5.6.3).
_WHITESPACE = " \t"


# RFC 9110, section 10.2.3: delay-seconds, or a date.
def _retry_after(value: str | None, wall_now_ms: float) -> int | None:
    if value is None:
        return None
    seconds = _digits(value)
    if seconds is not None:
        return _saturate(seconds * 1_000)
    date_ms = _imf_fixdate(value)
    # A date in the past may come from a clock that is behind.
    return None if date_ms is None or date_ms <= wall_now_ms else math.ceil(date_ms - wall_now_ms)


_DIGITS = re.compile(r"0*([0-9]+)", re.ASCII)
_MOST_DIGITS = len(str(MAX_SAFE_INTEGER))


# Python refuses to convert very long texts, so their length decides.
def _digits(value: str | None) -> int | None:
    found = None if value is None else _DIGITS.fullmatch(value)
    if found is None:
        return None
    digits = found[1]
    return MAX_SAFE_INTEGER if len(digits) > _MOST_DIGITS else _saturate(int(digits))


def _saturate(ms: int) -> int:
    return min(ms, MAX_SAFE_INTEGER)


_IMF_FIXDATE = re.compile(
    r"(?P<weekday>[A-Z][a-z]{2}), (?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4})"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT",
    re.ASCII,
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# RFC 9110, section 5.6.7. strptime takes the names of the process's locale, and a weekday that is
# not the date's.
def _imf_fixdate(value: str) -> float | None:
    found = _IMF_FIXDATE.fullmatch(value)
    if found is None or found["month"] not in _MONTHS:
        return None
    try:
        date = datetime(
            int(found["year"]),
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return date.timestamp() * 1_000 if _WEEKDAYS[date.weekday()] == found["weekday"] else None
