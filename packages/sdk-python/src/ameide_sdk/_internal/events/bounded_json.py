"""JSON that anybody may have written."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn, cast

from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.well_formed import check_text

MAX_BYTES = 1_048_576
"""The bytes of a text that is read, unless another limit is stated."""

MAX_DEPTH = 32
"""The arrays and objects within each other in a text that is read."""

MAX_DATA_DEPTH = MAX_DEPTH - 2
"""The same in data and payloads, to be read again inside of a message inside of an event."""


def parse_bounded_json(field: str, source: object, max_bytes: int) -> Any:
    """Parses JSON.

    Args:
        field: What the text is, for errors.
        source: Text, or its bytes in UTF-8.
        max_bytes: How many bytes it has at most.

    Raises:
        EventError: `nil`, `too_large` or `invalid`.
    """
    text = _text_of(field, source, max_bytes)
    if _depth_of(text) > MAX_DEPTH:
        raise EventError("too_large", field, f"is nested more than {MAX_DEPTH} deep")

    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        return _unique(field, members)

    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=unique)
    except EventError:
        raise
    except ValueError as error:
        raise EventError("invalid", field, "is not JSON") from error


def check_data(field: str, value: object, depth: int = 1) -> None:
    """Checks data of an event, or the payload of a change: JSON that is not too deep.

    Raises:
        EventError: `invalid` or `too_large`.
    """
    if isinstance(value, bool | str | None):
        return
    if isinstance(value, int | float):
        if not _is_finite(value):
            raise EventError("invalid", field, "has a number that is too large, or none")
        return
    if isinstance(value, dict):
        members = cast("dict[object, object]", value)
        if not all(isinstance(name, str) for name in members):
            raise EventError("invalid", field, "has a member whose name is no text")
        values = list(members.values())
    elif isinstance(value, list):
        values = cast("list[object]", value)
    else:
        raise EventError("invalid", field, f"holds a {type(value).__name__} that is no JSON")
    if depth > MAX_DATA_DEPTH:
        raise EventError("too_large", field, f"is nested more than {MAX_DATA_DEPTH} deep")
    for each in values:
        check_data(field, each, depth + 1)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _text_of(field: str, source: object, max_bytes: int) -> str:
    if source is None:
        raise EventError("nil", field, "is not given")
    if not isinstance(source, str | bytes):
        raise EventError("invalid", field, "must be text, or its bytes in UTF-8")
    # A character has a byte at least, so a text that is longer need not be encoded to be refused.
    if len(source) > max_bytes or (isinstance(source, str) and _length_of(source) > max_bytes):
        raise EventError("too_large", field, f"has more than {max_bytes} bytes")
    if isinstance(source, str):
        return source
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        raise EventError("invalid", field, "is not UTF-8") from error


def _length_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# A text that is not closed goes to the end, so that no place is looked at twice.
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


# Counted before anything is parsed, as a parser may end at some depth of its own.
def _depth_of(text: str) -> int:
    depth = deepest = 0
    for part in _PARTS.finditer(text):
        match part[0]:
            case "[" | "{":
                depth += 1
                deepest = max(deepest, depth)
            case "]" | "}":
                depth -= 1
            case _:
                pass
    return deepest


# The last of two members of one name would hold, and for whoever reads the text next the first may.
def _unique(field: str, members: list[tuple[str, Any]]) -> dict[str, Any]:
    unique: dict[str, Any] = {}
    for name, value in members:
        check_text(field, name)
        if name in unique:
            raise EventError("invalid", field, f"has two members named {name[:64]}")
        unique[name] = value
    return unique


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
