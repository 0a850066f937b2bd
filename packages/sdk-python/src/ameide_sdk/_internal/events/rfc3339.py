"""Times as text."""

from __future__ import annotations

import re
from datetime import date

from protobuf.wkt import Timestamp

from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.proto_json import decode_json

_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def timestamp_from_text(field: str, text: str) -> Timestamp:
    """Reads a time (RFC 3339) of the years 1 to 9999, to the nanosecond.

    A leap second is none of the seconds that a Timestamp counts.

    Raises:
        EventError: `invalid`.
    """
    upper = text.upper()
    found = _TIME.fullmatch(upper)
    if found is None or not _is_day(*map(int, found.groups())):
        raise EventError("invalid", field, "must be a time (RFC 3339)")
    return decode_json(field, Timestamp, upper)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
