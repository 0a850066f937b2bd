"""Map of limited size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class RecentMap(Generic[_K, _V]):
    """Map of limited size: the least recently used entry leaves it. Threads may share it."""

    def __init__(self, limit: int, dropped: Callable[[_V], object] | None = None) -> None:
        """Makes an empty map.

        Args:
            limit: Maximum number of entries.
            dropped: Receives entries that leave because of the limit.
        """
        self._limit = limit
        self._dropped = dropped
        self._lock = threading.Lock()
        # Ordered by last use, oldest first.
        self._entries: dict[_K, _V] = {}

    def get(self, key: _K, make: Callable[[], _V]) -> _V:
        """Returns the value of a key, created if needed; `make` must not wait, nor use the map."""
        left: list[_V] = []
        with self._lock:
            value = self._entries.pop(key) if key in self._entries else make()
            self._entries[key] = value
            while len(self._entries) > self._limit:
                left.append(self._entries.pop(next(iter(self._entries))))
        if self._dropped is not None:
            for each in left:
                self._dropped(each)
        return value

    def values(self) -> list[_V]:
        """Returns the values, from the least recently used."""
        with self._lock:
            return list(self._entries.values())

    def clear(self) -> None:
        """Removes all entries."""
        with self._lock:
            self._entries.clear()
