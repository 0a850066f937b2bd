"""The texts of events."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.well_formed import check_text

# Spaces, tabs and line breaks of ASCII alone, so that every SDK cuts the same.
_WHITE_SPACE = "\t\n\v\f\r "

TAKEN = frozenset(
    (
        *("data", "datacontenttype", "id", "source", "specversion"),
        *("subject", "tenantid", "time", "type"),
    )
)
"""Names that the specification, or a field of the message, has already."""


def trimmed(field: str, value: object) -> str:
    """Returns a text without the white space around it; an empty one for None.

    Raises:
        EventError: `invalid` if it is no text, or has a surrogate without its other half.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise EventError("invalid", field, "must be text")
    check_text(field, value)
    return value.strip(_WHITE_SPACE)


def required(field: str, value: object) -> str:
    """The same for a text that must not be empty."""
    text = trimmed(field, value)
    if text == "":
        raise EventError("missing", field, "must not be empty")
    return text


def checked_extensions(extensions: Mapping[str, str]) -> dict[str, str]:
    """Returns the extensions of an event that is made, trimmed."""
    checked: dict[str, str] = {}
    for name, value in sorted(extensions.items()):
        field = f"extensions.{name}"
        if not re.fullmatch("[a-z0-9]{1,20}", name):
            raise EventError("invalid", field, "has a name that is not 1 to 20 of a-z and 0-9")
        if name in TAKEN:
            raise EventError("invalid", field, "is an attribute, and no extension")
        checked[name] = required(field, value)
    return checked
