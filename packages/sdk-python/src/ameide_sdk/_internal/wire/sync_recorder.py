"""The HTTP client that a sync client of Connect is given."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, TypeAlias, cast

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from pyqwest import FullResponse, Headers, SyncClient, SyncResponse

from ameide_sdk._internal.runtime.runtime import Threads
from ameide_sdk._internal.wire.apart import LONGEST_WAIT_S, Apart
from ameide_sdk._internal.wire.connection_pools import Pool, Slot
from ameide_sdk._internal.wire.current_recording import expected_recording
from ameide_sdk._internal.wire.frozen_request import SentRequest
from ameide_sdk._internal.wire.recorder import Recording
from ameide_sdk._internal.wire.sent_body import OneChunk, StreamedBody
from ameide_sdk._internal.wire.session import Session
from ameide_sdk._internal.wire.watched_body import (
    AnswerBody,
    ShownAnswer,
    WholeBody,
    answer_body,
)

Buffer: TypeAlias = bytes | bytearray | memoryview


class SyncRecorder:
    """Sends the requests of Connect as their attempts say, and records what comes of them.

    It has the methods of pyqwest's `SyncClient` that Connect calls.
    """

    def __init__(self, pool: Callable[[], Pool], threads: Threads) -> None:
        """Sends over the connections that `pool` returns for each request."""
        self._pool = pool
        self._threads = threads

    def get(self, url: str, headers: Headers, timeout: float | None = None) -> FullResponse:
        """Sends a unary request by GET. The limit is the attempt's."""
        del timeout
        return self._unary("GET", url, headers, None)

    def post(
        self, url: str, headers: Headers, content: bytes, timeout: float | None = None
    ) -> FullResponse:
        """Sends a unary request by POST. The limit is the attempt's."""
        del timeout
        return self._unary("POST", url, headers, content)

    def stream(
        self,
        method: str,
        url: str,
        headers: Headers,
        content: bytes | Iterator[bytes],
        timeout: float | None = None,
    ) -> SyncAnswer:
        """Sends a request whose answer is a stream. The limit is the attempt's."""
        del timeout
        return SyncAnswer(self._pool, self._threads, method, url, headers, content)

    def _unary(
        self, method: str, url: str, headers: Headers, content: bytes | None
    ) -> FullResponse:
        recording, pool = expected_recording(), self._pool()
        request = recording.request(pool, method, url, headers, content)
        slot = _slot(self._threads, recording, pool)
        session = recording.session(pool)
        try:
            timeout = _timeout(recording, recording.until_ms)
            body = _body_of(recording, pool, request)
            answer = _Answer(_sender(session, request, body, timeout))
            read = partial(_read_whole, recording, pool, answer)
            apart = Apart(self._threads, read, answer.close)
            recording.on_end(apart.look)
            return apart.wait(recording, math.inf if pool.is_own else recording.until_ms)
        except Exception as error:
            raise _noted(recording, pool, error)  # noqa: B904
        finally:
            recording.on_end(None)
            pool.leave(session)
            if slot is not None:
                slot.leave()


class SyncAnswer:
    """A request that is sent when its context is entered, and its answer.

    Until the head of the answer has come nothing can end a request but a limit for all of the
    answer: what nobody waits for any more is closed when it comes.
    """

    __slots__ = (
        "_answer",
        "_headers",
        "_leaving",
        "_method",
        "_pool",
        "_recording",
        "_sent",
        "_slot",
        "_threads",
        "_url",
    )

    def __init__(
        self,
        pool: Callable[[], Pool],
        threads: Threads,
        method: str,
        url: str,
        headers: Headers,
        sent: bytes | Iterator[bytes],
    ) -> None:
        """Sends nothing yet."""
        self._pool = pool
        self._threads = threads
        self._method = method
        self._url = url
        self._headers = headers
        self._sent = sent

    def __enter__(self) -> ShownAnswer:
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
            body = StreamedBody(recording, sent, request.headers)
        answers_once = recording.shape.answers_once
        all_until_ms = recording.until_ms if answers_once else recording.deadline_ms
        self._slot = _slot(self._threads, recording, pool)
        session = recording.session(pool)
        self._leaving = [partial(pool.leave, session)]
        try:
            timeout = _timeout(recording, all_until_ms) if pool.is_own or answers_once else None
            answer = _Answer(_sender(session, request, body, timeout))
            apart = Apart(self._threads, answer.open, answer.close)
            recording.on_end(apart.look)
            is_limited = pool.is_own and answers_once
            response = apart.wait(recording, math.inf if is_limited else recording.until_ms)
            try:
                recording.responded(response.status, response.headers)
            except Exception:
                answer.close()
                raise
        except BaseException as error:
            self._leave()
            raise _noted(recording, pool, error)  # noqa: B904
        self._recording, self._answer = recording, answer
        recording.on_end(self._close)
        if recording.ended:
            self._close()
        watched = answer_body(recording)
        content = _Content(self._threads, recording, pool, response, watched)
        return ShownAnswer(recording, watched, content)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the answer."""
        self._recording.on_end(None)
        try:
            self._answer.close()
        finally:
            self._leave()

    # Once, whatever ends the answer first; by any thread.
    def _leave(self) -> None:
        with contextlib.suppress(IndexError):
            self._leaving.pop()()
        if self._slot is not None:
            self._slot.leave()

    # Ends a read under way, which then fails. By any thread.
    def _close(self) -> None:
        self._answer.close()
        self._leave()


_Context: TypeAlias = contextlib.AbstractContextManager[SyncResponse]


# One thread opens it, and any may close it.
class _Answer:
    def __init__(self, send: Callable[[], _Context]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._response: SyncResponse | None = None
        self._is_closed = False

    def open(self) -> SyncResponse:
        response = self._send().__enter__()
        with self._lock:
            self._response = response
            is_closed = self._is_closed
        if is_closed:
            response.close()
            raise ConnectError(Code.CANCELED, "the request was ended")
        return response

    # Ends a read under way, which then fails.
    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        if self._response is not None:
            with contextlib.suppress(Exception):
                self._response.close()


class _Content:
    __slots__ = ("_body", "_inner", "_over", "_pool", "_recording", "_response", "_threads")

    def __init__(
        self,
        threads: Threads,
        recording: Recording,
        pool: Pool,
        response: SyncResponse,
        body: AnswerBody,
    ) -> None:
        self._threads = threads
        self._recording = recording
        self._pool = pool
        self._response = response
        self._body = body
        self._inner = iter(response.content)
        self._over = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        body = self._body
        while True:
            part = body.take()
            if part is not None:
                return part
            if self._over:
                raise StopIteration
            try:
                chunk = self._read()
            except Exception as error:
                raise _noted(self._recording, self._pool, error)  # noqa: B904
            if chunk is None:
                self._over = True
                body.end(self._response.trailers)
            else:
                self._recording.heard()
                body.add(bytes(chunk))

    # A read that takes too long is ended by another thread, which closes the answer.
    def _read(self) -> Buffer | None:
        recording = self._recording
        timeout = _timeout(recording, recording.until_ms)
        if timeout is None or recording.shape.answers_once:
            return self._read_next()
        timer = self._threads.set_timer(self._expire, timeout * 1_000)
        try:
            return self._read_next()
        finally:
            timer.cancel()

    # The main thread is the one that hears of signals.
    def _read_next(self) -> Buffer | None:
        if threading.current_thread() is not threading.main_thread():
            return next(self._inner, None)
        read = partial(next, self._inner, None)
        apart: Apart[Buffer | None] = Apart(self._threads, read, self._response.close)
        return apart.wait(self._recording, math.inf)

    def _expire(self) -> None:
        self._recording.expired = True
        with contextlib.suppress(Exception):
            self._response.close()


# Waits for a connection where there is a bound, in order.
def _slot(threads: Threads, recording: Recording, pool: Pool) -> Slot | None:
    granted = threads.event()
    slot = pool.take(granted.set)
    if slot is None or slot.granted:
        return slot
    recording.queued = "a connection"
    recording.on_end(granted.set)
    try:
        while not slot.granted:
            if recording.ended:
                raise ConnectError(Code.CANCELED, "the request was ended")
            timeout = _timeout(recording, recording.until_ms) or LONGEST_WAIT_S
            granted.wait(min(timeout, LONGEST_WAIT_S))
    except BaseException as error:
        slot.leave()
        raise _noted(recording, pool, error)  # noqa: B904
    finally:
        recording.on_end(None)
    recording.queued = None
    return slot


def _body_of(recording: Recording, pool: Pool, request: SentRequest) -> Any:
    return OneChunk(recording, request.content) if pool.resends else request.content


def _sender(
    session: Session, request: SentRequest, body: Any, timeout: float | None
) -> Callable[[], _Context]:
    return partial(
        cast("SyncClient", session.client).stream,
        request.method,
        request.url,
        headers=request.headers,
        content=body,
        timeout=timeout,
    )


def _read_whole(recording: Recording, pool: Pool, answer: _Answer) -> FullResponse:
    response = answer.open()
    try:
        recording.responded(response.status, response.headers)
        body = WholeBody(recording, pool, response.http_version)
        content = iter(response.content)
        while not body.is_complete:
            chunk = next(content, None)
            if chunk is None:
                break
            body.add(chunk)
        return body.answer(response.trailers)
    finally:
        response.close()


# Seconds that are left until a limit; None for no limit.
def _timeout(recording: Recording, until_ms: float) -> float | None:
    if until_ms == math.inf:
        return None
    left_ms = until_ms - recording.clock.now()
    if left_ms <= 0:
        recording.expired = True
        raise TimeoutError
    return left_ms / 1_000


# Returns what Connect is to be told.
def _noted(recording: Recording, pool: Pool, error: BaseException) -> BaseException:
    if isinstance(error, ConnectError) or not isinstance(error, Exception):
        return error
    is_connecting = isinstance(error, ConnectionError)
    if isinstance(error, TimeoutError) and not is_connecting and _is_limited(recording):
        recording.expired = True
    return recording.broke(error, pool)


def _is_limited(recording: Recording) -> bool:
    return min(recording.until_ms, recording.deadline_ms) != math.inf
