"""Connections of a client family."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import Protocol

from pyqwest import Client, SyncClient

from ameide_sdk._internal.policy.policy_table import BOUNDS
from ameide_sdk._internal.runtime.recent_map import RecentMap


class Pool(Protocol):
    """Connections to one origin."""

    client: Client | SyncClient
    """The HTTP client over them."""
    is_own: bool
    """True if they are the SDK's: pyqwest makes them."""
    peer: tuple[str, int] | None
    """Address and port that they lead to, if that is known."""
    resends: bool
    """True if the HTTP client may send a request again by itself, as pyqwest does over HTTP/2."""

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
