"""Calls that are recorded, and not sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NoReturn

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.method import MethodInfo
from connectrpc.request import RequestContext
from shapes import Shape

from ameide_sdk import AmeideError

_Context = RequestContext[Any, Any]


class Recorder:
    """An interceptor that keeps what the last call asked for, and fails the call."""

    def __init__(self) -> None:
        """Begins with no call."""
        self._last: MethodInfo[Any, Any] | None = None

    def take(self) -> MethodInfo[Any, Any] | None:
        """Returns what the last call asked for, once."""
        last, self._last = self._last, None
        return last

    async def on_start(self, ctx: _Context) -> NoReturn:
        """Records an async call."""
        self._record(ctx)

    async def on_end(self, token: None, ctx: _Context, error: Exception | None) -> None:
        """Does nothing."""

    def on_start_sync(self, ctx: _Context) -> NoReturn:
        """Records a sync call."""
        self._record(ctx)

    def on_end_sync(self, token: None, ctx: _Context, error: Exception | None) -> None:
        """Does nothing."""

    def _record(self, ctx: _Context) -> NoReturn:
        self._last = ctx.method
        raise ConnectError(Code.UNIMPLEMENTED, "recorded, not sent")


async def call_async(method: Any, shape: Shape) -> None:
    """Makes a call with an empty request. That it fails is what a recorder does."""
    if shape.request is None:
        return
    with suppress(AmeideError):
        result = method(_nothing() if shape.streams_input else shape.request())
        if hasattr(result, "__aiter__"):
            async for _ in result:
                pass
        else:
            await result


def call_sync(method: Any, shape: Shape) -> None:
    """Makes a call with an empty request. That it fails is what a recorder does."""
    if shape.request is None:
        return
    with suppress(AmeideError):
        result = method(iter(()) if shape.streams_input else shape.request())
        for _ in result if hasattr(result, "__next__") else ():
            pass


async def _nothing() -> AsyncIterator[Any]:
    none: tuple[Any, ...] = ()
    for each in none:
        yield each
