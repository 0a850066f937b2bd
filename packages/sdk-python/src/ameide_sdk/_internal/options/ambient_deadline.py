"""The deadline of the request being served, for all calls made while it is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from ameide_sdk._internal.options.options import AmbientDeadline

_current: ContextVar[AmbientDeadline | None] = ContextVar("ameide.sdk.deadline", default=None)


@contextmanager
def deadline_from(context: AmbientDeadline) -> Generator[None, None, None]:
    """Makes all calls of a block, however deep, end before the request being served does.

    Put the body of a handler into it:

        async def get_thread(self, request, ctx):
            with deadline_from(ctx):
                ...

    A handler that yields takes the option `deadline_from` instead: what is set around a `yield` is
    set for its caller too.

    Args:
        context: The request being served: Connect's `RequestContext`.
    """
    outer = _current.get()
    _current.set(context)
    try:
        yield
    finally:
        # No token: a block may end in another context than it began in.
        if _current.get() is context:
            _current.set(outer)


def ambient_deadline() -> AmbientDeadline | None:
    """Returns the deadline set by `deadline_from` around the current code."""
    return _current.get()
