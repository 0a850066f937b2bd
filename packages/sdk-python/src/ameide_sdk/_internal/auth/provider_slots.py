"""How many requests to a provider are under way at once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.runtime.runtime import Clock

if TYPE_CHECKING:
    from ameide_sdk._internal.auth.token_store import TokenFlight
    from ameide_sdk._internal.auth.token_wait import TokenWait


class ProviderSlots:
    """Limits how many requests to a provider are under way at once.

    The lock of the token store guards it.
    """

    __slots__ = ("_clock", "_constants", "_queue", "_taken")

    def __init__(self, clock: Clock, constants: PolicyConstants) -> None:
        """Begins with all of them free."""
        self._clock = clock
        self._constants = constants
        # Ordered by their start, oldest first.
        self._taken: OrderedDict[TokenFlight, None] = OrderedDict()
        self._queue: OrderedDict[TokenWait, None] = OrderedDict()

    def is_free(self) -> bool:
        """Reports whether one more request may begin.

        An old one is not counted: it may never end.
        """
        counted_from_ms = self._clock.now() - self._constants.token_join_ms
        while self._taken and next(iter(self._taken)).started_ms <= counted_from_ms:
            self._taken.popitem(last=False)
        return len(self._taken) < self._constants.max_token_requests

    def take(self, flight: TokenFlight) -> None:
        """Takes the slot of a request that begins."""
        self._taken[flight] = None

    def release(self, flight: TokenFlight) -> None:
        """Frees the slot of a request that has ended, and wakes the next waiter."""
        self._taken.pop(flight, None)
        if self.is_free() and (following := next(iter(self._queue), None)) is not None:
            self._queue.pop(following, None)
            following.wake()

    def enqueue(self, wait: TokenWait) -> None:
        """Queues a waiter for the next free slot."""
        self._queue.setdefault(wait)

    def leave(self, wait: TokenWait) -> None:
        """Takes a waiter out of the queue."""
        self._queue.pop(wait, None)
