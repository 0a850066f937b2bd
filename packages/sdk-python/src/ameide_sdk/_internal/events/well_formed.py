"""Texts that have UTF-8."""

from __future__ import annotations

import re
from typing import cast

from ameide_sdk._internal.events.event_error import EventError

_LONE = re.compile("[\ud800-\udfff]")


def check_text(field: str, text: str) -> None:
    """Checks a text: a surrogate without its other half has no UTF-8.

    Raises:
        EventError: `invalid`.
    """
    if not text.isascii() and _LONE.search(text):
        raise EventError("invalid", field, "has a surrogate without its other half")


def check_texts(field: str, value: object) -> None:
    """The same for all texts in JSON, the names of members too.

    Raises:
        EventError: `invalid`.
    """
    if isinstance(value, str):
        check_text(field, value)
    elif isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            check_text(field, name)
            check_texts(field, each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            check_texts(field, each)
