"""Lists and maps of an error, as they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from connectrpc.errors import ErrorDetail

from ameide_sdk._internal.errors.bounded_text import redact, summary
from ameide_sdk._internal.errors.details import Entries, ErrorBounds


def printed_list(entries: Entries[Any], bounds: ErrorBounds) -> list[dict[str, str]]:
    """Returns a list for printing.

    It has the first entries, and one of the same form that says how many more there are. All
    entries are dataclasses with a `description`.
    """
    shown = [
        _printed_texts(((each.name, getattr(entry, each.name)) for each in fields(entry)), bounds)
        for entry in entries.first[: bounds.max_printed_entries]
    ]
    more = entries.count - len(shown)
    if more > 0:
        name = fields(entries.first[0])[0].name if entries.first else "description"
        shown.append({name: "…", "description": f"{more} more"})
    return shown


def printed_map(entries: Entries[tuple[str, str]], bounds: ErrorBounds) -> dict[str, str]:
    """Does the same for a map."""
    first = entries.first[: bounds.max_printed_entries]
    shown = _printed_texts(first, bounds)
    more = entries.count - len(first)
    if more > 0:
        shown["…"] = f"{more} more"
    return shown


def printed_details(
    details: Sequence[ErrorDetail], bounds: ErrorBounds, secrets: Sequence[str]
) -> list[str]:
    """Lists types and sizes of raw details, to show which were not read."""
    shown = [
        summary(
            redact(f"{len(detail.message_bytes)} bytes of {detail.type_name}", secrets),
            bounds.max_printed_text_bytes,
        )
        for detail in details[: bounds.max_printed_entries]
    ]
    more = len(details) - len(shown)
    return shown if more == 0 else [*shown, f"… {more} more"]


def _printed_texts(entries: Iterable[tuple[str, str]], bounds: ErrorBounds) -> dict[str, str]:
    most = bounds.max_printed_text_bytes
    return {summary(name, most): summary(text, most) for name, text in entries}
