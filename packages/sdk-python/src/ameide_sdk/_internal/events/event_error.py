"""The error of what is done with events."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypeVar

EventErrorCode: TypeAlias = Literal[
    "nil", "missing", "mismatch", "invalid", "too_large", "unsupported"
]
"""The kind of an `EventError`, the same in every SDK.

- `nil`: nothing was given where something is needed.
- `missing`: what is needed is empty, or not there.
- `mismatch`: the data is another message, or of another tenant.
- `invalid`: a value is not what it must be, or a text is not readable.
- `too_large`: a text has too many bytes, or is nested too deeply.
- `unsupported`: a version is not known.
"""

_T = TypeVar("_T")


class EventError(ValueError):
    """The error of the functions of `ameide_sdk.events`.

    Attributes:
        code: The kind of the error.
        field: What is wrong, by its name in the proto: `source`, `data`, `extensions.traceparent`.
    """

    code: EventErrorCode
    field: str

    def __init__(self, code: EventErrorCode, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.code = code
        self.field = field


def given(field: str, value: _T | None) -> _T:
    """Returns what was given; None is refused."""
    if value is None:
        raise EventError("nil", field, "is not given")
    return value
