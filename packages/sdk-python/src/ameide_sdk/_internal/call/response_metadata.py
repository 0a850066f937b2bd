"""Headers and trailers of an answer, for those who call."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Self

from connectrpc.request import Headers

from ameide_sdk._internal.runtime.callbacks import tell

if TYPE_CHECKING:
    from ameide_sdk._internal.wire.recorder import Recording

_current: ContextVar[ResponseMetadata | None] = ContextVar("ameide_response", default=None)


class ResponseMetadata:
    """Collects headers and trailers of the calls made inside a `with` block; the last one counts.

    ```python
    with ResponseMetadata() as response:
        thread = await threads.get_thread(GetThreadRequest(id="1"))
    print(response.headers["x-request-id"])
    ```

    Connect's own `ResponseMetadata` works, too, and sees every attempt.
    """

    def __init__(self, on_headers: Callable[[Headers], object] | None = None) -> None:
        """Begins empty.

        Args:
            on_headers: Is given the headers of the answer as soon as no other attempt can follow:
                those of a bidi stream when they come, otherwise those of the first message or the
                end. What it raises is ignored.
        """
        self._on_headers = on_headers
        self._shown: Recording | None = None
        self._token: Token[ResponseMetadata | None] | None = None

    @property
    def headers(self) -> Headers:
        """Headers of the answer; none before there is one."""
        return Headers() if self._shown is None else self._shown.shown_headers()

    @property
    def trailers(self) -> Headers:
        """Trailers of the answer; none before it has ended."""
        return Headers() if self._shown is None else self._shown.shown_trailers()

    def show(self, recording: Recording) -> None:
        """Takes an answer."""
        if self._shown is not recording:
            self._shown = recording
            if self._on_headers is not None:
                tell(self._on_headers, self.headers)

    def __enter__(self) -> Self:
        """Begins to collect."""
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends it."""
        if self._token is not None:
            _current.reset(self._token)
            self._token = None


def current_metadata() -> ResponseMetadata | None:
    """Returns what collects the metadata of a call that begins here."""
    return _current.get()
