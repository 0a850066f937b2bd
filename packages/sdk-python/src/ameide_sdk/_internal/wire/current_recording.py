"""The attempt that a request of Connect is of."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING

from ameide_sdk._internal.errors.config_error import config_error

if TYPE_CHECKING:
    from ameide_sdk._internal.wire.recorder import Recording

_current: ContextVar[Recording | None] = ContextVar("ameide_recording", default=None)


class expecting:  # noqa: N801
    """Says which attempt the requests are of that Connect makes meanwhile.

    Connect leads from a call to its requests in no other way; a header would be seen by users'
    interceptors. Nothing may be yielded meanwhile.
    """

    __slots__ = ("_former", "_recording")

    def __init__(self, recording: Recording) -> None:
        """Says nothing yet."""
        self._recording = recording

    def __enter__(self) -> None:
        """Begins."""
        self._former = _current.get()
        _current.set(self._recording)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends. Without a token, as a coroutine may be closed in another context."""
        _current.set(self._former)


def current_recording() -> Recording | None:
    """Returns the recording of the attempt that runs in this context; None outside of one."""
    return _current.get()


def expected_recording() -> Recording:
    """Returns the recording of the attempt that a request is of.

    Raises:
        AmeideError: CONFIG_INVALID if an interceptor has lost it.
    """
    recording = _current.get()
    if recording is None:
        raise config_error(
            "interceptors",
            "must call the next function in the context that they are called in",
        )
    return recording
