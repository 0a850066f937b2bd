"""Bodies of requests, as the HTTP client asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from pyqwest import Headers

from ameide_sdk._internal.wire.recorder import Recording


class OneChunk:
    """A body that is one message, given once.

    The HTTP client asks for it once it is connected. It cannot send it again by itself, as it does
    with bytes: after a REFUSED_STREAM or a GOAWAY, several times.
    """

    __slots__ = ("_content", "_recording")

    def __init__(self, recording: Recording, content: bytes | None) -> None:
        """Takes the message; None for GET."""
        self._recording = recording
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        """Returns itself."""
        return self

    def __next__(self) -> bytes:
        """Returns the message."""
        content = self._next()
        if not content:
            raise StopIteration
        return content

    def _next(self) -> bytes | None:
        self._recording.asks()
        content, self._content = self._content, None
        return content


class AsyncOneChunk(OneChunk):
    """The same for async clients."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Returns itself."""
        return self

    async def __anext__(self) -> bytes:
        """Returns the message."""
        content = self._next()
        if not content:
            raise StopAsyncIteration
        return content


class StreamedBody:
    """Messages that a caller streams, in envelopes that Connect made."""

    __slots__ = ("_envelopes", "_headers", "_recording")

    def __init__(self, recording: Recording, envelopes: Iterator[bytes], headers: Headers) -> None:
        """Takes the messages and the headers of the request."""
        self._recording = recording
        self._envelopes = envelopes
        self._headers = headers

    def __iter__(self) -> Iterator[bytes]:
        """Returns itself."""
        return self

    def __next__(self) -> bytes:
        """Returns the next message."""
        self._recording.asks()
        try:
            envelope = next(self._envelopes)
        except StopIteration:
            raise
        except Exception as error:
            self._recording.unsendable(error)
            raise
        return self._recording.streamed(envelope, self._headers)

    def close(self) -> None:
        """Ends the messages."""
        close = getattr(self._envelopes, "close", None)
        if close is not None:
            close()


class AsyncStreamedBody:
    """The same for async clients."""

    __slots__ = ("_envelopes", "_headers", "_recording")

    def __init__(
        self, recording: Recording, envelopes: AsyncIterator[bytes], headers: Headers
    ) -> None:
        """Takes the messages and the headers of the request."""
        self._recording = recording
        self._envelopes = envelopes
        self._headers = headers

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Returns itself."""
        return self

    async def __anext__(self) -> bytes:
        """Returns the next message."""
        self._recording.asks()
        try:
            envelope = await anext(self._envelopes)
        except StopAsyncIteration:
            raise
        except Exception as error:
            self._recording.unsendable(error)
            raise
        return self._recording.streamed(envelope, self._headers)

    async def aclose(self) -> None:
        """Ends the messages."""
        aclose = getattr(self._envelopes, "aclose", None)
        if aclose is not None:
            await aclose()
