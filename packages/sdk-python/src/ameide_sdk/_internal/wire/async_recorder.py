"""The HTTP client that an async client of Connect is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from types import TracebackType
from typing import Any, cast

from connectrpc.errors import ConnectError
from pyqwest import Client, FullResponse, Headers, Request, Response, Transport

from ameide_sdk._internal.wire.connection_pools import Pool, Slot
from ameide_sdk._internal.wire.current_recording import expected_recording
from ameide_sdk._internal.wire.frozen_request import SentRequest
from ameide_sdk._internal.wire.recorder import Recording
from ameide_sdk._internal.wire.sent_body import AsyncOneChunk, AsyncStreamedBody
from ameide_sdk._internal.wire.session import Session
from ameide_sdk._internal.wire.watched_body import (
    AnswerBody,
    ShownAnswer,
    WholeBody,
    answer_body,
)


class AsyncRecorder:
    """Sends the requests of Connect as their attempts say, and records what comes of them.

    It has the methods of pyqwest's `Client` that Connect calls.
    """

    def __init__(self, pool: Callable[[], Pool]) -> None:
        """Sends over the connections that `pool` returns for each request."""
        self._pool = pool

    async def get(self, url: str, headers: Headers) -> FullResponse:
        """Sends a unary request by GET."""
        return await self._unary("GET", url, headers, None)

    async def post(self, url: str, headers: Headers, content: bytes) -> FullResponse:
        """Sends a unary request by POST."""
        return await self._unary("POST", url, headers, content)

    def stream(
        self, method: str, url: str, headers: Headers, content: bytes | AsyncIterator[bytes]
    ) -> AsyncAnswer:
        """Sends a request whose answer is a stream."""
        return AsyncAnswer(self._pool, method, url, headers, content)

    async def _unary(
        self, method: str, url: str, headers: Headers, content: bytes | None
    ) -> FullResponse:
        recording, pool = expected_recording(), self._pool()
        request = recording.request(pool, method, url, headers, content)
        slot = await _slot(recording, pool)
        session = recording.session(pool)
        try:
            return await _read_whole(recording, pool, session, request)
        except BaseException as error:
            raise _noted(recording, pool, error)  # noqa: B904
        finally:
            pool.leave(session)
            if slot is not None:
                slot.leave()


class AsyncAnswer:
    """A request that is sent when its context is entered, and its answer."""

    __slots__ = (
        "_context",
        "_headers",
        "_leave_session",
        "_loop",
        "_method",
        "_pool",
        "_recording",
        "_response",
        "_sent",
        "_slot",
        "_url",
    )

    def __init__(
        self,
        pool: Callable[[], Pool],
        method: str,
        url: str,
        headers: Headers,
        sent: bytes | AsyncIterator[bytes],
    ) -> None:
        """Sends nothing yet."""
        self._pool = pool
        self._method = method
        self._url = url
        self._headers = headers
        self._sent = sent
        self._leave_session: Callable[[], None] | None = None

    async def __aenter__(self) -> ShownAnswer:
        """Sends the request, and waits for the head of the answer."""
        recording, pool = expected_recording(), self._pool()
        if recording.shape.both_ways:
            pool = pool.both_ways()
        sent = self._sent
        whole = sent if isinstance(sent, bytes) else None
        request = recording.request(pool, self._method, self._url, self._headers, whole)
        body: Any
        if isinstance(sent, bytes):
            body = _body_of(recording, pool, request)
        else:
            body = AsyncStreamedBody(recording, sent, request.headers)
        self._slot = await _slot(recording, pool)
        session = recording.session(pool)
        self._leave_session = partial(pool.leave, session)
        client = cast("Client", session.client)
        self._context = client.stream(
            request.method, request.url, headers=request.headers, content=body
        )
        try:
            response = await self._context.__aenter__()
            try:
                recording.responded(response.status, response.headers)
            except BaseException:
                await response.aclose()
                raise
        except BaseException as error:
            self._leave()
            raise _noted(recording, pool, error)  # noqa: B904
        self._recording, self._response = recording, response
        self._loop = asyncio.get_running_loop()
        recording.on_end(self._end)
        watched = answer_body(recording)
        return ShownAnswer(recording, watched, _Content(recording, pool, response, watched))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the answer."""
        self._recording.on_end(None)
        try:
            with contextlib.suppress(Exception):
                await self._context.__aexit__(None, None, None)
        finally:
            self._leave()

    # Once, whatever ends the answer first.
    def _leave(self) -> None:
        leave, self._leave_session = self._leave_session, None
        if leave is not None:
            leave()
        if self._slot is not None:
            self._slot.leave()

    # By any thread.
    def _end(self) -> None:
        # The loop may be closed: then nothing is left to end.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._begin_end)

    def _begin_end(self) -> None:
        task = self._loop.create_task(_close(self._response))
        _closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        _closing.discard(task)
        self._leave()


# A loop keeps no task by itself.
_closing: set[asyncio.Task[None]] = set()


async def _close(response: Response) -> None:
    with contextlib.suppress(Exception):
        await response.aclose()


class _Content:
    __slots__ = ("_body", "_inner", "_over", "_pool", "_recording", "_response")

    def __init__(
        self, recording: Recording, pool: Pool, response: Response, body: AnswerBody
    ) -> None:
        self._recording = recording
        self._pool = pool
        self._response = response
        self._body = body
        self._inner = aiter(response.content)
        self._over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        body = self._body
        while True:
            part = body.take()
            if part is not None:
                return part
            if self._over:
                raise StopAsyncIteration
            try:
                chunk = await anext(self._inner, None)
            except BaseException as error:
                raise _noted(self._recording, self._pool, error)  # noqa: B904
            if chunk is None:
                self._over = True
                body.end(self._response.trailers)
            else:
                self._recording.heard()
                body.add(bytes(chunk))


# Waits for a connection where there is a bound, in order.
async def _slot(recording: Recording, pool: Pool) -> Slot | None:
    loop = asyncio.get_running_loop()
    granted: asyncio.Future[None] = loop.create_future()

    def grant() -> None:
        if not granted.done():
            granted.set_result(None)

    def wake() -> None:
        # Who waited in a loop that is closed waits no more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(grant)

    slot = pool.take(wake)
    if slot is None or slot.granted:
        return slot
    recording.queued = "a connection"
    try:
        await granted
    except BaseException as error:
        slot.leave()
        raise _noted(recording, pool, error)  # noqa: B904
    recording.queued = None
    return slot


def _body_of(recording: Recording, pool: Pool, request: SentRequest) -> Any:
    return AsyncOneChunk(recording, request.content) if pool.resends else request.content


# Through the transport, as its client would wait twice more: for its context to begin and to end.
async def _read_whole(
    recording: Recording, pool: Pool, session: Session, request: SentRequest
) -> FullResponse:
    response = await cast("Transport", session.transport).execute(
        Request(request.method, request.url, request.headers, _body_of(recording, pool, request))
    )
    try:
        recording.responded(response.status, response.headers)
        body = WholeBody(recording, pool, response.http_version)
        content = aiter(response.content)
        while not body.is_complete:
            chunk = await anext(content, None)
            if chunk is None:
                break
            body.add(chunk)
    except BaseException:
        await response.aclose()
        raise
    return body.answer(response.trailers)


# Returns what Connect is to be told.
def _noted(recording: Recording, pool: Pool, error: BaseException) -> BaseException:
    if isinstance(error, Exception) and not isinstance(error, ConnectError):
        return recording.broke(error, pool)
    return error
