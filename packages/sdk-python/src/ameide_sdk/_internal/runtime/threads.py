"""Threads and timers of the machine, for sync clients."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

from ameide_sdk._internal.runtime.runtime import Event, Threads, TimerHandle


class SystemThreads(Threads):
    """The machine's own threads, and one for all timers, which ends when there are none."""

    def __init__(self) -> None:
        """Begins with no thread."""
        self._timers = _Timers()

    def event(self) -> Event:
        """Makes an event."""
        return threading.Event()

    def start(self, run: Callable[[], None]) -> None:
        """Runs a function in a thread of its own."""
        threading.Thread(target=run, name="ameide", daemon=True).start()

    def set_timer(self, run: Callable[[], None], ms: float) -> TimerHandle:
        """Runs a short function after a time."""
        return self._timers.add(run, ms)


class _Timer:
    __slots__ = ("_timers", "run")

    def __init__(self, timers: _Timers, run: Callable[[], None]) -> None:
        self._timers = timers
        self.run: Callable[[], None] | None = run

    def cancel(self) -> None:
        self._timers.cancel(self)


class _Timers:
    # Most timers are canceled before they fire: those stay in the heap until their time or until
    # they are half of it.
    _IDLE_S = 5

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, _Timer]] = []
        self._canceled = 0
        self._numbers = itertools.count()
        self._running = False

    def add(self, run: Callable[[], None], ms: float) -> _Timer:
        timer = _Timer(self, run)
        due = time.monotonic() + ms / 1e3
        with self._changed:
            heapq.heappush(self._heap, (due, next(self._numbers), timer))
            if not self._running:
                self._running = True
                threading.Thread(target=self._serve, name="ameide timers", daemon=True).start()
            elif self._heap[0][2] is timer:
                self._changed.notify()
        return timer

    def cancel(self, timer: _Timer) -> None:
        with self._changed:
            if timer.run is None:
                return
            timer.run = None
            self._canceled += 1
            if self._canceled * 2 > len(self._heap) + 16:
                self._heap = [each for each in self._heap if each[2].run is not None]
                heapq.heapify(self._heap)
                self._canceled = 0

    def _serve(self) -> None:
        while (run := self._next()) is not None:
            run()

    # None when there has been nothing to do for a while.
    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while True:
                now = time.monotonic()
                while self._heap and self._heap[0][2].run is None:
                    heapq.heappop(self._heap)
                    self._canceled -= 1
                if not self._heap:
                    if not self._changed.wait(self._IDLE_S) and not self._heap:
                        self._running = False
                        return None
                    continue
                due, _, timer = self._heap[0]
                if due <= now:
                    heapq.heappop(self._heap)
                    run, timer.run = timer.run, None
                    if run is not None:
                        return run
                self._changed.wait(due - now)
