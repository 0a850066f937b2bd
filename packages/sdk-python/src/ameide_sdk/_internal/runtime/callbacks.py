"""Callbacks that only watch."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def tell(watcher: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
    """Calls a callback that only watches: an observer, a logger, telemetry.

    An exception that it raises is ignored, since a watcher must not break what it watches. It may
    cancel the call or close the client meanwhile: check the state afterwards.

    Returns:
        Its result; None if it raised.
    """
    try:
        return watcher(*args, **kwargs)
    # Nothing here waits, so that no cancellation can come from outside.
    except (Exception, CancelledError):
        return None
