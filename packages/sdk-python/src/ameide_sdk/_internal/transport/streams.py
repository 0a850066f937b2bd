"""Streams as applications read them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ameide_sdk._internal.call.stream_call import END, StreamCall
from ameide_sdk._internal.runtime.waiter import AsyncWaiter, SyncWaiter
from ameide_sdk._internal.wire.current_recording import expecting
from ameide_sdk._internal.wire.recorder import Recording

_T = TypeVar("_T")


class AsyncMessages:
    """The messages of one attempt, as Connect gives them."""

    def __init__(self, recording: Recording, messages: AsyncIterator[Any]) -> None:
        """Begins nothing yet: Connect sends the request when the first message is asked for."""
        self._recording = recording
        self._messages = messages

    async def read(self) -> Any:
        """Returns the next message or `END`."""
        with expecting(self._recording):
            return await anext(self._messages, END)

    async def close(self) -> None:
        """Lets Connect let go of the answer."""
        aclose: Callable[[], Awaitable[None]] | None = getattr(self._messages, "aclose", None)
        if aclose is not None:
            await aclose()


class SyncMessages:
    """The messages of one attempt, as Connect gives them."""

    def __init__(self, recording: Recording, messages: Iterator[Any]) -> None:
        """Begins nothing yet: Connect sends the request when the first message is asked for."""
        self._recording = recording
        self._messages = messages

    def read(self) -> Any:
        """Returns the next message or `END`."""
        with expecting(self._recording):
            return next(self._messages, END)

    def close(self) -> None:
        """Lets Connect let go of the answer."""
        close: Callable[[], None] | None = getattr(self._messages, "close", None)
        if close is not None:
            close()


class AsyncStream(Generic[_T]):
    """The messages of a stream, for `async for`.

    The call begins when the first message is asked for. It ends when it is read to its end, left by
    `break` or an error, closed by `aclose()` or `async with`, or let go of. The server is told at
    once.
    """

    __slots__ = ("_call", "_reading", "_waiter")

    def __init__(self, call: StreamCall, waiter: AsyncWaiter) -> None:
        """Begins nothing yet."""
        self._call = call
        self._waiter = waiter
        self._reading = False

    def __aiter__(self) -> Self:
        """Returns itself: it can be read once."""
        return self

    async def __anext__(self) -> _T:
        """Returns the next message.

        Raises:
            AmeideError: If the call has failed.
            RuntimeError: If another task waits for a message.
        """
        if self._reading:
            raise RuntimeError("another task is reading this stream")
        self._reading = True
        try:
            message = await self._waiter.run(self._call.next())
        finally:
            self._reading = False
        if message is END:
            raise StopAsyncIteration
        read: _T = message
        return read

    async def aclose(self) -> None:
        """Ends the call, well, if it has not ended."""
        self._call.leave()
        messages = self._call.messages
        if isinstance(messages, AsyncMessages) and not self._reading:
            await messages.close()

    async def __aenter__(self) -> Self:
        """Returns itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the call."""
        await self.aclose()

    def __del__(self) -> None:
        """Ends the call that nobody reads any more."""
        if hasattr(self, "_call"):
            self._call.leave()


class SyncStream(Generic[_T]):
    """The messages of a stream, for `for`.

    The call begins when the first message is asked for. It ends when it is read to its end, left by
    `break` or an error, closed by `close()` or `with`, or let go of. The server is told at once.
    """

    __slots__ = ("_call", "_reading", "_waiter")

    def __init__(self, call: StreamCall, waiter: SyncWaiter) -> None:
        """Begins nothing yet."""
        self._call = call
        self._waiter = waiter
        self._reading = False

    def __iter__(self) -> Self:
        """Returns itself: it can be read once."""
        return self

    def __next__(self) -> _T:
        """Returns the next message.

        Raises:
            AmeideError: If the call has failed.
            RuntimeError: If another thread waits for a message.
        """
        if self._reading:
            raise RuntimeError("another thread is reading this stream")
        self._reading = True
        try:
            message = self._waiter.run(self._call.next())
        finally:
            self._reading = False
        if message is END:
            raise StopIteration
        read: _T = message
        return read

    def close(self) -> None:
        """Ends the call, well, if it has not ended."""
        self._call.leave()
        messages = self._call.messages
        if isinstance(messages, SyncMessages) and not self._reading:
            messages.close()

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the call."""
        self.close()

    def __del__(self) -> None:
        """Ends the call that nobody reads any more."""
        if hasattr(self, "_call"):
            self._call.leave()
