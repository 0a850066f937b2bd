"""Work of the HTTP client for sync clients that can be left."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.runtime.runtime import Threads
from ameide_sdk._internal.wire.recorder import Recording

_T = TypeVar("_T")

LONGEST_WAIT_S = 86_400
"""Locks refuse to wait for centuries."""


class Apart(Generic[_T]):
    """Work in a thread of its own, which is left when nobody waits for it any more.

    A thread that is in the HTTP client hears neither of a signal nor of another thread.
    """

    def __init__(self, threads: Threads, work: Callable[[], _T], leave: Callable[[], None]) -> None:
        """Begins the work.

        Args:
            threads: Where threads come from. If there are no more, the work is done at once.
            work: What is done.
            leave: Ends the work, as far as that can be done, once nobody waits for it any more.
        """
        self._work = work
        self._leave = leave
        self._changed = threads.event()
        self._result: _T | None = None
        self._error: BaseException | None = None
        self._is_done = False
        here = contextvars.copy_context()
        try:
            threads.start(lambda: here.run(self._run))
        except RuntimeError:
            self._run()

    def wait(self, recording: Recording, until_ms: float) -> _T:
        """Waits for the result.

        Args:
            recording: Says whether the call has ended the request.
            until_ms: End of the attempt's limit; `math.inf` if the work ends by it by itself.

        Raises:
            ConnectError: If the call has ended the request.
            TimeoutError: If the limit of the attempt is over.
            BaseException: What the work raised.
        """
        try:
            while not self._may_go(recording, until_ms):
                left_ms = until_ms - recording.clock.now()
                self._changed.wait(min(max(0, left_ms) / 1_000, LONGEST_WAIT_S))
        except BaseException:
            self._leave()
            raise
        error, self._error = self._error, None
        if error is None:
            return cast("_T", self._result)
        try:
            raise error
        finally:
            # Its traceback leads here.
            del error

    def look(self) -> None:
        """Has who waits see whether the call has ended the request. May be called by any thread."""
        self._changed.set()

    def _may_go(self, recording: Recording, until_ms: float) -> bool:
        if self._is_done:
            return True
        if recording.ended:
            raise ConnectError(Code.CANCELED, "the request was ended")
        if recording.clock.now() >= until_ms:
            recording.expired = True
            raise TimeoutError
        return False

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:
            self._error = error
        self._is_done = True
        self._changed.set()
