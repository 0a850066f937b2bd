"""Exceptions that others raised, as errors of Connect."""

from __future__ import annotations

import asyncio
import re

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.thrown_text import text_of


def connect_error_of(thrown: BaseException, code: Code | None = None) -> ConnectError:
    """Turns an exception into a ConnectError.

    An exception about a header is dropped: it quotes the value that was refused, which may be a
    secret.

    Args:
        thrown: Any exception; a `ConnectError` is returned as it is.
        code: Code for any other. Default: `CANCELED` for a canceled task, `DEADLINE_EXCEEDED` for
            a `TimeoutError`, otherwise `UNKNOWN`.
    """
    if isinstance(thrown, ConnectError):
        return thrown
    text = _text_of(thrown)
    error = ConnectError(code or _code_of(thrown), text)
    if text is not _HEADER_REFUSED:
        error.__cause__ = thrown
    return error


def _code_of(thrown: BaseException) -> Code:
    if isinstance(thrown, asyncio.CancelledError):
        return Code.CANCELED
    return Code.DEADLINE_EXCEEDED if isinstance(thrown, TimeoutError) else Code.UNKNOWN


_HEADER_REFUSED = "a header was set to what HTTP does not allow, by an interceptor or a callback"
_HEADER = re.compile(r"\binvalid\b.*\bheader\b|\bheader\b.*\binvalid\b", re.IGNORECASE)


def _text_of(thrown: BaseException) -> str:
    text = text_of(thrown)
    is_of_header = isinstance(thrown, ValueError | TypeError) and _HEADER.search(text) is not None
    return _HEADER_REFUSED if is_of_header else text
