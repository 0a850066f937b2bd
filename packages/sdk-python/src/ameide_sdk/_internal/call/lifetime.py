"""How long a client takes calls, and those it has taken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts
from ameide_sdk._internal.runtime.flow import Flow, Pause
from ameide_sdk._internal.runtime.runtime import Clock
from ameide_sdk._internal.runtime.waiter import Waiter


@dataclass(frozen=True, slots=True)
class DrainResult:
    """Result of draining a client.

    Attributes:
        aborted: Number of calls that had not ended in time, and were ended.
    """

    aborted: int


Closed: TypeAlias = Callable[[str], AmeideError]
"""Creates the error of a call that is ended, from the words for what it waited for."""


class LiveCall(Protocol):
    """Call that has been made and has not ended."""

    def close(self, closed: Closed) -> None:
        """Ends it, whatever it waits for. It does not wait."""
        ...


class Lifetime:
    """Tracks the open calls of clients derived from one another, until they are closed."""

    def __init__(self, clock: Clock, on_close: Callable[[AmeideError], None]) -> None:
        """Begins open.

        Args:
            on_close: Releases the resources that calls use.
        """
        self._clock = clock
        self._on_close = on_close
        self._lock = threading.Lock()
        self._state: Literal["open", "draining", "closed"] = "open"
        self._calls: set[LiveCall] = set()
        self._drains: list[Waiter] = []
        self._aborted = 0

    def closed(self) -> AmeideError | None:
        """Returns the error if nothing may be sent any more."""
        return closed_error("the client is closed") if self._state == "closed" else None

    def refusal(self) -> AmeideError | None:
        """Returns the error if no call may begin."""
        if self._state == "draining":
            return closed_error("the client is being closed: it takes no more calls")
        return self.closed()

    def add(self, call: LiveCall) -> None:
        """Takes a call.

        Raises:
            AmeideError: If no call may begin.
        """
        with self._lock:
            refusal = self.refusal()
            if refusal is None:
                self._calls.add(call)
                return
        raise refusal

    def remove(self, call: LiveCall) -> None:
        """Is told that a call has ended."""
        with self._lock:
            self._calls.discard(call)
            is_drained = self._state == "draining" and not self._calls
        if is_drained:
            self.close()

    def close(self) -> None:
        """Ends all calls at once, and accepts no more."""
        self._end(lambda where: closed_error(f"the client was closed: {where}"))

    def drain(self, timeout_ms: float, waiter: Waiter) -> Flow[DrainResult]:
        """Accepts no more calls; what it returns waits for the open ones, and closes."""
        with self._lock:
            was_open = self._state != "closed"
            if was_open:
                self._state = "draining"
                self._drains.append(waiter)
            is_drained = was_open and not self._calls
        if is_drained:
            self.close()
        return self._drained(timeout_ms) if was_open else _nothing_aborted()

    def _drained(self, timeout_ms: float) -> Flow[DrainResult]:
        until_ms = self._clock.now() + timeout_ms
        while self.closed() is None:
            if self._clock.now() >= until_ms:
                self._end(
                    lambda where: closed_error(
                        f"the client was closed, {timeout_ms:.0f} ms after drain(): {where}"
                    )
                )
            else:
                yield Pause(until_ms)
        return DrainResult(aborted=self._aborted)

    def _end(self, closed: Closed) -> None:
        with self._lock:
            if self._state == "closed":
                return
            self._state = "closed"
            calls, self._calls = self._calls, set()
            drains, self._drains = self._drains, []
            self._aborted = len(calls)
        for call in calls:
            call.close(closed)
        self._on_close(closed_error("the client is closed"))
        for waiter in drains:
            waiter.wake()


def _nothing_aborted() -> Flow[DrainResult]:
    yield from ()
    return DrainResult(aborted=0)


def closed_error(text: str) -> AmeideError:
    """Creates the error of a call that a closed client does not make, or has ended."""
    source = ConnectError(Code.FAILED_PRECONDITION, text)
    return AmeideError(source, ErrorFacts(origin="client", reason="CLIENT_CLOSED"))
