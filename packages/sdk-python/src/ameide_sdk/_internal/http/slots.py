"""A bound on how many of something are in use at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Slots:
    """Bounds how many of something are in use at once. Further requests wait in order."""

    def __init__(self, size: int) -> None:
        """Begins with all of them free."""
        self._lock = threading.Lock()
        self._free = size
        self._queue: deque[Slot] = deque()

    @property
    def waiting(self) -> int:
        """Number of requests that wait."""
        return len(self._queue)

    def take(self, wake: Callable[[], None]) -> Slot:
        """Takes a slot, or a place in the queue.

        Args:
            wake: Is called, by any thread, when a slot that had to be waited for is granted.
        """
        slot = Slot(self, wake)
        with self._lock:
            if self._free > 0:
                self._free -= 1
                slot.granted = True
            else:
                self._queue.append(slot)
        return slot

    def leave(self, slot: Slot) -> None:
        """Takes back a slot, which the first in the queue gets, or a place in the queue."""
        first: Slot | None = None
        with self._lock:
            if slot.left:
                return
            slot.left = True
            if not slot.granted:
                self._queue.remove(slot)
            elif self._queue:
                first = self._queue.popleft()
                first.granted = True
            else:
                self._free += 1
        if first is not None:
            first.wake()


class Slot:
    """A slot that was asked for.

    Attributes:
        granted: True once it may be used.
        left: True once it was given back.
    """

    __slots__ = ("_slots", "granted", "left", "wake")

    def __init__(self, slots: Slots, wake: Callable[[], None]) -> None:
        """Takes whom to tell."""
        self._slots = slots
        self.wake = wake
        self.granted = False
        self.left = False

    def leave(self) -> None:
        """Gives it back, or leaves the queue; once, by any thread."""
        self._slots.leave(self)
