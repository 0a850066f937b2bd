"""What runs below the users' interceptors, and what they may know of the attempt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from connectrpc.errors import ConnectError

from ameide_sdk._internal.call.base_call import BaseCall
from ameide_sdk._internal.wire.current_recording import current_recording
from ameide_sdk._internal.wire.recorder import Recording


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """What an interceptor may know of the attempt it runs for.

    Attributes:
        attempt: Number of the attempt, counted from 1 as sent.
        remaining: Seconds to the call's deadline when the attempt began; infinite without one.
    """

    attempt: int
    remaining: float


def attempt_info() -> AttemptInfo | None:
    """Returns the attempt that an interceptor runs for; None outside of one."""
    recording = current_recording()
    call = None if recording is None else recording.holder
    if not isinstance(call, BaseCall):
        return None
    number, remaining_ms = call.attempt_info()
    return AttemptInfo(number, remaining_ms / 1e3)


def _inner(recording: Recording | None, error: Exception) -> Exception:
    """Notes what came from below the users' interceptors, as the server said it."""
    call = None if recording is None else recording.holder
    if isinstance(error, ConnectError) and isinstance(call, BaseCall):
        return call.note_inner(error)
    return error


# An interceptor may have emptied the field.
def _refilled(recording: Recording | None, request: Any) -> Any:
    call = None if recording is None else recording.holder
    return call.with_request_id(request) if isinstance(call, BaseCall) else request


class AsyncAttemptInterceptor:
    """The innermost interceptor of async clients that have users' interceptors."""

    async def intercept_unary(
        self, call_next: Callable[[Any, Any], Awaitable[Any]], request: Any, ctx: Any
    ) -> Any:
        """Restores the request id of a unary attempt, and notes how it failed."""
        recording = current_recording()
        try:
            return await call_next(_refilled(recording, request), ctx)
        except Exception as error:
            raise _inner(recording, error) from error.__cause__

    intercept_client_stream = intercept_unary

    async def intercept_server_stream(
        self, call_next: Callable[[Any, Any], AsyncIterator[Any]], request: Any, ctx: Any
    ) -> AsyncIterator[Any]:
        """Notes how an attempt of a stream failed."""
        recording = current_recording()
        try:
            async for message in call_next(request, ctx):
                yield message
        except Exception as error:
            raise _inner(recording, error) from error.__cause__

    intercept_bidi_stream = intercept_server_stream


class SyncAttemptInterceptor:
    """The innermost interceptor of sync clients that have users' interceptors."""

    def intercept_unary_sync(
        self, call_next: Callable[[Any, Any], Any], request: Any, ctx: Any
    ) -> Any:
        """Restores the request id of a unary attempt, and notes how it failed."""
        recording = current_recording()
        try:
            return call_next(_refilled(recording, request), ctx)
        except Exception as error:
            raise _inner(recording, error) from error.__cause__

    intercept_client_stream_sync = intercept_unary_sync

    def intercept_server_stream_sync(
        self, call_next: Callable[[Any, Any], Iterator[Any]], request: Any, ctx: Any
    ) -> Iterator[Any]:
        """Notes how an attempt of a stream failed."""
        recording = current_recording()
        try:
            yield from call_next(request, ctx)
        except Exception as error:
            raise _inner(recording, error) from error.__cause__

    intercept_bidi_stream_sync = intercept_server_stream_sync
