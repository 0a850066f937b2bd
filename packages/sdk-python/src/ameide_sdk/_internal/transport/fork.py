"""Calls in forked processes.

The threads of the HTTP client are not copied by a fork: a call would wait for them for ever.
"""

from __future__ import annotations

import os

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts

_has_called = False
_is_forked = False


def check_not_forked() -> None:
    """Notes that this process makes calls.

    Raises:
        AmeideError: FAILED_PRECONDITION with reason FORKED, if it was forked from one that did.
    """
    global _has_called
    if _is_forked:
        text = (
            "this process was forked from one that had made calls, and no connection outlives "
            "that: make the first call after the fork, or start processes by spawn"
        )
        source = ConnectError(Code.FAILED_PRECONDITION, text)
        raise AmeideError(source, ErrorFacts(origin="client", reason="FORKED"))
    _has_called = True


def _after_fork() -> None:
    global _is_forked
    _is_forked = _is_forked or _has_called


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
