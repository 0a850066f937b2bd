"""Threads and timers of the machine, for sync clients."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

from ameide_sdk._internal.runtime.runtime import Event, Threads, TimerHandle


class SystemThreads(Threads):
    """The machine's own threads, which rest for a while before they end, and one for all timers.

    To begin a thread takes 4 times as long as to hand a function to one that rests.
    """

    def __init__(self) -> None:
        """Begins with no thread."""
        self._timers = _Timers()
        self._lock = threading.Lock()
        self._resting: list[_Helper] = []

    def event(self) -> Event:
        """Makes an event."""
        return threading.Event()

    def start(self, run: Callable[[], None]) -> None:
        """Runs a function in a thread of its own."""
        with self._lock:
            helper = self._resting.pop() if self._resting else None
        if helper is None:
            helper = _Helper(self._rest, self._leave)
        helper.run(run)

    def set_timer(self, run: Callable[[], None], ms: float) -> TimerHandle:
        """Runs a short function after a time, in a thread that all timers share."""
        return self._timers.add(run, ms)

    def _rest(self, helper: _Helper) -> None:
        with self._lock:
            self._resting.append(helper)

    # False if it has been given something to do just now.
    def _leave(self, helper: _Helper) -> bool:
        with self._lock:
            is_resting = helper in self._resting
            if is_resting:
                self._resting.remove(helper)
        return is_resting


class _Helper:
    """A thread that runs one function after the other, and ends when there are none."""

    _IDLE_S = 5

    def __init__(self, rest: Callable[[_Helper], None], leave: Callable[[_Helper], bool]) -> None:
        self._rest = rest
        self._leave = leave
        self._given = threading.Lock()
        self._given.acquire()
        self._job: Callable[[], None] | None = None
        threading.Thread(target=self._serve, name="ameide", daemon=True).start()

    def run(self, job: Callable[[], None]) -> None:
        self._job = job
        self._given.release()

    def _serve(self) -> None:
        while self._is_given_one():
            assert self._job is not None
            try:
                self._job()
            except BaseException:
                raised = threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
                threading.excepthook(raised)
            self._job = None
            self._rest(self)

    def _is_given_one(self) -> bool:
        if self._given.acquire(timeout=self._IDLE_S):
            return True
        if self._leave(self):
            return False
        return self._given.acquire()


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
