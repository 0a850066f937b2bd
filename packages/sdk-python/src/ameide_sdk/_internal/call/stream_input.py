"""Messages that a caller streams, as far as attempts have taken them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Protocol

from ameide_sdk._internal.policy.retry import InputState
from ameide_sdk._internal.runtime.callbacks import tell
from ameide_sdk._internal.runtime.runtime import Event, Threads
from ameide_sdk._internal.wire.recorder import Recording

Prepare = Callable[[Any], Any]
"""Turns a message into the one to send."""


class StreamInput(Protocol):
    """The input of a call.

    Attributes:
        failure: What the caller's iterable raised.
    """

    failure: Exception | None

    def state(self, recording: Recording | None) -> InputState:
        """Returns the state of the input after an attempt with this recording."""
        ...

    def close(self) -> None:
        """Takes nothing more."""
        ...


def _state(recording: Recording | None) -> InputState:
    return "consumed" if recording is not None and recording.took else "unsent"


class AsyncStreamInput:
    """Messages of an async iterable.

    A message that was asked for by an attempt that has ended meanwhile is for the next one.
    """

    def __init__(self, messages: AsyncIterable[Any], prepare: Prepare) -> None:
        """Begins at the first message."""
        self._source = aiter(messages)
        self._prepare = prepare
        self._pending: asyncio.Task[Any] | None = None
        self._closed = False
        self.failure: Exception | None = None

    def state(self, recording: Recording | None) -> InputState:
        """Returns the state of the input after an attempt with this recording."""
        return _state(recording)

    async def for_attempt(
        self, is_over: Callable[[], bool], fail: Callable[[], None]
    ) -> AsyncIterator[Any]:
        """Gives an attempt what is left of the input.

        Args:
            is_over: Says whether the attempt is over.
            fail: Ends the attempt, as the caller's iterable has failed.
        """
        while not (self._closed or is_over()):
            if self._pending is None:
                self._pending = asyncio.ensure_future(self._pull())
            try:
                message = await asyncio.shield(self._pending)
            except Exception as failure:
                self.failure = failure
                fail()
                raise
            if is_over():
                return
            self._pending = None
            if message is _NOTHING:
                self._closed = True
                return
            yield message

    def close(self) -> None:
        """Takes nothing more, and tells an async generator so."""
        if self._closed:
            return
        self._closed = True
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
        close = getattr(self._source, "aclose", None)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # Let go of after its loop.
            return
        if close is not None:
            task = loop.create_task(_quietly(pending, close))
            _CLOSING.add(task)
            task.add_done_callback(_CLOSING.discard)

    async def _pull(self) -> Any:
        try:
            return self._prepare(await anext(self._source))
        except StopAsyncIteration:
            return _NOTHING


_NOTHING = object()

# Tasks of the loop are held by it weakly.
_CLOSING: set[asyncio.Task[None]] = set()


async def _quietly(pending: asyncio.Task[Any] | None, close: Callable[[], Any]) -> None:
    if pending is not None:
        await asyncio.wait([pending])
        if not pending.cancelled():
            pending.exception()
    with contextlib.suppress(Exception):
        await close()


class _Pull:
    """A message that has been asked for."""

    __slots__ = ("came", "failure", "message")

    def __init__(self, came: Event) -> None:
        self.came = came
        self.message: Any = _NOTHING
        self.failure: Exception | None = None


class SyncStreamInput:
    """Messages of an iterable, which threads of the HTTP client ask for.

    A message that was asked for by an attempt that has ended meanwhile is for the next one.
    """

    def __init__(self, messages: Iterable[Any], prepare: Prepare, threads: Threads) -> None:
        """Begins at the first message."""
        self._source = iter(messages)
        self._prepare = prepare
        self._threads = threads
        self._lock = threading.Lock()
        self._pending: _Pull | None = None
        self._closed = False
        self.failure: Exception | None = None

    def state(self, recording: Recording | None) -> InputState:
        """Returns the state of the input after an attempt with this recording."""
        return _state(recording)

    def for_attempt(self, is_over: Callable[[], bool], fail: Callable[[], None]) -> Iterator[Any]:
        """Gives an attempt what is left of the input.

        Args:
            is_over: Says whether the attempt is over.
            fail: Ends the attempt, as the caller's iterable has failed.
        """
        while not (self._closed or is_over()):
            pull = self._pull()
            if pull.failure is not None:
                self.failure = pull.failure
                fail()
                raise pull.failure
            with self._lock:
                if is_over() or self._pending is not pull:
                    return
                self._pending = None
            if pull.message is _NOTHING:
                self._closed = True
                return
            yield pull.message

    def close(self) -> None:
        """Takes nothing more, and tells a generator so, unless it runs just now."""
        if self._closed:
            return
        self._closed = True
        close = getattr(self._source, "close", None)
        if close is not None:
            tell(close)

    # Asks for a message, or waits for the one that an attempt which is over has asked for.
    def _pull(self) -> _Pull:
        with self._lock:
            pull = self._pending
            if pull is None:
                pull = self._pending = _Pull(self._threads.event())
                is_own = True
            else:
                is_own = False
        if not is_own:
            pull.came.wait()
            return pull
        try:
            pull.message = self._prepare(next(self._source))
        except StopIteration:
            pass
        except Exception as failure:
            pull.failure = failure
        pull.came.set()
        return pull
