"""A warning to the operator: all connections to an origin are in use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from ameide_sdk._internal.http.slots import Slots
from ameide_sdk._internal.runtime.callbacks import tell

Warn: TypeAlias = Callable[[str, Mapping[str, object]], None]
"""Warns by a text and its fields."""

_QUIET_S = 60
# Of many calls at once the number is known when all have come.
_GATHER_S = 0.025


class FullPool:
    """Warns that all connections to an origin are in use: once, until some are free."""

    def __init__(self, origin: str, max_connections: int, slots: Slots, warn: Warn) -> None:
        """Has told nothing yet."""
        self._origin = origin
        self._max_connections = max_connections
        self._slots = slots
        self._warn = warn
        self._lock = threading.Lock()
        self._told = False
        self._quiet_until_s = 0.0

    def tell(self) -> None:
        """Records that a call has begun to wait."""
        with self._lock:
            if self._slots.waiting == 1:
                self._told = False
            if self._told:
                return
            self._told = True
        timer = threading.Timer(_GATHER_S, self._say)
        timer.daemon = True
        timer.start()

    def _say(self) -> None:
        waiting, now_s = self._slots.waiting, time.monotonic()
        with self._lock:
            if waiting == 0 or now_s < self._quiet_until_s:
                return
            self._quiet_until_s = now_s + _QUIET_S
        calls = "1 call waits" if waiting == 1 else f"{waiting} calls wait"
        text = (
            f"ameide all {self._max_connections} connections to {self._origin} are in use: "
            f"{calls} for one (maxConnections)"
        )
        fields = {
            "origin": self._origin,
            "maxConnections": self._max_connections,
            "waiting": waiting,
        }
        tell(self._warn, text, fields)
