"""Connections of a client family."""

from __future__ import annotations

import atexit
import sys
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from typing import Protocol

from ameide_sdk._internal.policy.policy_table import BOUNDS
from ameide_sdk._internal.runtime.recent_map import RecentMap
from ameide_sdk._internal.wire.session import Session


class Slot(Protocol):
    """A connection of HTTP/1.1 that was asked for, or a place in the queue for one."""

    granted: bool
    """True once the request may be sent."""

    def leave(self) -> None:
        """Gives it back; once, by any thread."""
        ...


_LONGEST_EXIT_S = 1.0


# A thread of pyqwest that has told the loop of an answer may still be in Python. Before Python 3.14
# an interpreter that is ending exits it, and Rust aborts the process then (PyO3, pull 4874).
def _let_threads_leave() -> None:
    end = time.monotonic() + _LONGEST_EXIT_S
    while time.monotonic() < end:
        known = {thread.ident for thread in threading.enumerate()}
        if all(ident in known for ident in sys._current_frames()):  # pyright: ignore[reportPrivateUsage]
            return
        time.sleep(0.001)


atexit.register(_let_threads_leave)


class Pool(Protocol):
    """Connections to one origin."""

    is_own: bool
    """True if they are the SDK's: pyqwest makes them."""
    peer: tuple[str, int] | None
    """Address and port that they lead to, if that is known."""
    resends: bool
    """True if the HTTP client may send a request again by itself, as pyqwest does over HTTP/2."""

    def enter(self) -> Session:
        """Returns the connections that take requests now, for one."""
        ...

    def leave(self, session: Session) -> None:
        """Is told that the request is over, once."""
        ...

    def take(self, wake: Callable[[], None]) -> Slot | None:
        """Takes a connection where a bound holds for them, or a place in the queue for one.

        Args:
            wake: Is called, by any thread, when what had to be waited for is granted.

        Returns:
            None where there is no bound.
        """
        ...

    def broke(self, session: Session) -> None:
        """Puts connections in doubt after one of them was lost."""
        ...

    def timed_out(self, session: Session, since_ms: float, *, answered: bool) -> None:
        """Puts connections in doubt after a limit of time has ended a request on one of them.

        Args:
            session: The connections.
            since_ms: Time since when something must have come on a connection that is alive.
            answered: True if the answer to the request had begun.
        """
        ...

    def both_ways(self) -> Pool:
        """Returns the connections for requests that stream both ways."""
        ...

    def explain(self, error: Exception) -> Exception:
        """Returns a failure in words that say what to do, or the failure itself."""
        ...

    def close(self) -> None:
        """Ends the connections that have no request."""
        ...


class ConnectionPools:
    """Connections of a client family, to the most recently used origins.

    Others are let go, not cut: a call may be under way on them.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self._released: weakref.WeakSet[Pool] = weakref.WeakSet()
        self._pools: RecentMap[Hashable, Pool] = RecentMap(BOUNDS.max_origins, self._released.add)

    def get(self, key: Hashable, connect: Callable[[], Pool]) -> Pool:
        """Returns the pool of a key, created if needed."""
        return self._pools.get(key, connect)

    def close(self) -> None:
        """Ends all connections, including those that were let go."""
        for pool in [*self._pools.values(), *self._released]:
            pool.close()
        self._pools.clear()
        self._released.clear()
