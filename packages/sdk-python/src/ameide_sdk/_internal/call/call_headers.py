"""Headers that a caller gives to a generated method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from connectrpc.request import Headers

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.check_call_options import check_headers
from ameide_sdk._internal.options.reserved_headers import ReservedNames, reserved_rule

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_RULE = "must be text on one line, without control characters, in ISO 8859-1"


def read_call_headers(given: object, reserved: ReservedNames) -> dict[str, str]:
    """Reads the headers of the runtime's own parameter: Connect's `Headers`, or a mapping.

    Returns:
        Values by lower-case names; of a repeated name they are joined (RFC 9110, section 5.3).

    Raises:
        AmeideError: CONFIG_INVALID. It names a header and never holds a value.
    """
    check_headers(given)
    headers: dict[str, str] = {}
    stated = cast("Headers | Mapping[object, object]", given)
    pairs = stated.allitems() if isinstance(stated, Headers) else stated.items()
    for name, value in pairs:
        # A name that is none may be a value.
        if not isinstance(name, str) or not is_header_name(name):
            raise config_error("headers", "must have the names of headers (RFC 9110)")
        lower = name.lower()
        rule = reserved_rule(lower, reserved)
        if rule is not None:
            raise config_error(f"headers.{lower}", rule)
        if not isinstance(value, str) or not is_header_value(value):
            raise config_error(f"headers.{lower}", _RULE)
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers


def is_header_name(name: str) -> bool:
    """Reports whether a text may be the name of a header (RFC 9110, section 5.6.2)."""
    return _NAME.fullmatch(name) is not None


def is_header_value(value: str) -> bool:
    """Reports whether a text may be the value of a header (RFC 9110, section 5.5)."""
    return _VALUE.fullmatch(value) is not None
