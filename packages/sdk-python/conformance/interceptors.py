"""Interceptors of a user."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.case_pb import Interceptor
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.request import RequestContext

from ameide_sdk import attempt_info
from providers import ProviderContext

_Context = RequestContext[Any, Any]


class CaseInterceptor:
    """Does what the case says before it hands a request on, for async and for sync clients."""

    def __init__(self, given: Interceptor, context: ProviderContext) -> None:
        self._given = given
        self._context = context

    async def intercept_unary(
        self, call_next: Callable[[Any, _Context], Awaitable[Any]], request: Any, ctx: _Context
    ) -> Any:
        """Acts on a unary call."""
        self._act(ctx, request)
        return await call_next(request, ctx)

    async def intercept_client_stream(
        self,
        call_next: Callable[[AsyncIterator[Any], _Context], Awaitable[Any]],
        request: AsyncIterator[Any],
        ctx: _Context,
    ) -> Any:
        """Acts on a client stream."""
        self._act(ctx)
        return await call_next(request, ctx)

    async def intercept_server_stream(
        self, call_next: Callable[[Any, _Context], AsyncIterator[Any]], request: Any, ctx: _Context
    ) -> AsyncIterator[Any]:
        """Acts on a server stream."""
        self._act(ctx)
        async for message in call_next(request, ctx):
            yield message

    async def intercept_bidi_stream(
        self,
        call_next: Callable[[AsyncIterator[Any], _Context], AsyncIterator[Any]],
        request: AsyncIterator[Any],
        ctx: _Context,
    ) -> AsyncIterator[Any]:
        """Acts on a bidi stream."""
        self._act(ctx)
        async for message in call_next(request, ctx):
            yield message

    def intercept_unary_sync(
        self, call_next: Callable[[Any, _Context], Any], request: Any, ctx: _Context
    ) -> Any:
        """Acts on a unary call."""
        self._act(ctx, request)
        return call_next(request, ctx)

    def intercept_client_stream_sync(
        self,
        call_next: Callable[[Iterator[Any], _Context], Any],
        request: Iterator[Any],
        ctx: _Context,
    ) -> Any:
        """Acts on a client stream."""
        self._act(ctx)
        return call_next(request, ctx)

    def intercept_server_stream_sync(
        self, call_next: Callable[[Any, _Context], Iterator[Any]], request: Any, ctx: _Context
    ) -> Iterator[Any]:
        """Acts on a server stream."""
        self._act(ctx)
        yield from call_next(request, ctx)

    def intercept_bidi_stream_sync(
        self,
        call_next: Callable[[Iterator[Any], _Context], Iterator[Any]],
        request: Iterator[Any],
        ctx: _Context,
    ) -> Iterator[Any]:
        """Acts on a bidi stream."""
        self._act(ctx)
        yield from call_next(request, ctx)

    def _act(self, ctx: _Context, message: Any = None) -> None:
        given, info = self._given, attempt_info()
        if given.attempt not in (0, info.attempt if info else 0):
            return
        headers = ctx.request_headers
        if given.append:
            headers.add("x-seen", given.append)
        if given.attempt_info and info is not None:
            headers["x-attempt"] = str(info.attempt)
            headers["x-remaining-ms"] = str(number(round(info.remaining * 1e3, 6)))
        if given.throw:
            text = "the interceptor throws, as the case says"
            raise (
                ConnectError(Code(given.throw_code), text)
                if given.throw_code
                else RuntimeError(text)
            )
        for name, value in given.headers.items():
            headers[name] = value
        for name in given.removes:
            headers.pop(name, None)
        if given.empties_request_id and hasattr(message, "request_id"):
            message.request_id = ""
        if given.text and message is not None:
            message.text = given.text
        self._context.perform(given.does)


def number(value: float) -> float:
    """Returns a number of a case: an int if it is whole."""
    return int(value) if math.isfinite(value) and value.is_integer() else value
