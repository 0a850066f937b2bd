"""Time that stands still while anything can go on, and then jumps to the next timer.

Of an event loop for async clients, of threads that take turns for sync ones.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import selectors
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ameide_sdk._internal.runtime.runtime import Clock, Event, Threads, TimerHandle

if TYPE_CHECKING:
    from selectors import SelectorKey

_T = TypeVar("_T")

_DEFAULT_WALL_MS = 1_767_225_600_000  # 2026-01-01


class DeadlockError(RuntimeError):
    """Nothing can go on, and no timer is set."""


class VirtualClock(Clock):
    """Time that only the loop or the baton over it moves.

    Attributes:
        now_ns: Time since the clock was made, in nanoseconds.
    """

    def __init__(self, wall_start_ms: float = _DEFAULT_WALL_MS) -> None:
        """Starts at 0.

        Args:
            wall_start_ms: What the wall clock says then, in milliseconds since the Unix epoch.
        """
        self.now_ns = 0
        self._wall_start_ms = wall_start_ms

    def now(self) -> float:
        """Returns the time since the clock was made, in milliseconds."""
        return self.now_ns / 1e6

    def wall_now(self) -> float:
        """Returns the time since the Unix epoch, in milliseconds."""
        return self._wall_start_ms + self.now()

    def jump_wall(self, ms: float) -> None:
        """Sets the wall clock ahead, or back, while time goes on."""
        self._wall_start_ms += ms


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a virtual clock: whatever sleeps or times out in it does so at once.

    Threads and sockets take no time of its clock: work in an executor is not waited for.
    """

    def __init__(self, clock: VirtualClock) -> None:
        """Makes a loop that moves a clock."""
        self._clock = clock
        self._jumping = _JumpingSelector(clock)
        super().__init__(self._jumping)

    def time(self) -> float:
        """Returns the time of the clock, in seconds."""
        return self._clock.now_ns / 1e9

    async def settle(self) -> None:
        """Waits until nothing else can go on without time."""
        settled = self.create_future()
        self._jumping.idle.append(settled)
        await settled


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock
        self.idle: deque[asyncio.Future[None]] = deque()

    # A loop asks for no time while it has something to do, and for none at all without a timer.
    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        while self.idle:
            settled = self.idle.popleft()
            if not settled.done():
                settled.set_result(None)
                return ready
        if timeout is None:
            raise DeadlockError("nothing can go on, and no timer is set")
        self._jump(timeout)
        return ready

    # A loop takes a timer as due before its own time and 1 ns, which after months is less than a
    # step of a float.
    def _jump(self, timeout: float) -> None:
        clock = self._clock
        due = math.nextafter(clock.now_ns / 1e9 + timeout, math.inf)
        clock.now_ns += round(timeout * 1e9)
        while clock.now_ns / 1e9 + 1e-9 < due:
            clock.now_ns += 1


def run_virtually(
    main: Callable[[], Coroutine[Any, Any, _T]], clock: VirtualClock | None = None
) -> _T:
    """Runs a coroutine function in a loop of its own on a virtual clock.

    Args:
        main: What to run.
        clock: Its clock; a new one by default.

    Raises:
        DeadlockError: It waits for what never comes.
    """
    clock = clock or VirtualClock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main())


class Baton(Threads):
    """Threads that take turns on a virtual clock: one runs, until it waits or ends.

    Who can go on does so in the order in which that became so, the same each time. All waits have
    to be its own: a thread that blocks in another way stops them all.
    """

    def __init__(self, clock: VirtualClock) -> None:
        """Makes a baton that moves a clock; `run` begins."""
        self._turns = _Turns(clock)
        self._workers: list[_Worker] = []
        self._resting: list[_Worker] = []

    def run(self, main: Callable[[], _T]) -> _T:
        """Runs a function in this thread. What threads are left at its end are ended.

        Raises:
            DeadlockError: It waits for what never comes.
        """
        self._turns.take(self._turns.main)
        try:
            return main()
        finally:
            self._turns.end()
            for worker in self._workers:
                worker.end()

    def event(self) -> Event:
        """Makes an event."""
        return _Event(self._turns)

    def start(self, run: Callable[[], None]) -> None:
        """Runs a function in a thread of its own, once those before it have had their turn."""
        if self._turns.over:
            return
        if self._resting:
            worker = self._resting.pop()
        else:
            worker = _Worker(self._turns, self._resting)
            self._workers.append(worker)
        worker.begin(run)

    def set_timer(self, run: Callable[[], None], ms: float) -> TimerHandle:
        """Runs a function after a time."""
        return self._turns.add_timer(lambda: self.start(run), ms * 1e6)

    def sleep(self, ms: float) -> None:
        """Waits for a time."""
        self.event().wait(ms / 1e3)

    def settle(self) -> None:
        """Waits until nothing else can go on without time."""
        turn = self._turns.current()
        self._turns.idle.append(turn)
        self._turns.park(turn)

    def running(self) -> int:
        """Returns how many threads that were started have not ended."""
        return len(self._workers) - len(self._resting)


class _Turn:
    """A thread, and where it waits for its turn."""

    __slots__ = ("error", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.error: BaseException | None = None


class _Turns:
    """Who has the turn, and who may have it next."""

    def __init__(self, clock: VirtualClock) -> None:
        self.main = _Turn()
        self.ready: deque[_Turn] = deque()
        self.idle: deque[_Turn] = deque()
        self.over = False
        self._clock = clock
        self._parked: dict[_Turn, None] = {}
        self._timers: list[tuple[int, int, _Timer]] = []
        self._numbers = itertools.count()
        self._holder: tuple[int, _Turn] | None = None

    def take(self, turn: _Turn) -> None:
        """Notes that this thread has the turn."""
        self._holder = threading.get_ident(), turn

    def current(self) -> _Turn:
        ident, turn = self._holder or (None, self.main)
        if ident != threading.get_ident():
            raise RuntimeError("a thread that was not begun by `start` waits here")
        return turn

    def add_timer(self, fire: Callable[[], None], ns: float) -> _Timer:
        timer = _Timer(fire)
        due_ns = self._clock.now_ns + max(0, round(ns))
        heapq.heappush(self._timers, (due_ns, next(self._numbers), timer))
        return timer

    def park(self, turn: _Turn) -> None:
        """Returns when its turn has come."""
        if self.over and turn is not self.main:
            raise _Over
        self._parked[turn] = None
        self.hand_on(turn)
        del self._parked[turn]
        error, turn.error = turn.error, None
        if error is not None:
            raise error

    def hand_on(self, turn: _Turn) -> None:
        following = self._next()
        if following is not turn:
            following.lock.release()
            turn.lock.acquire()
        self.take(turn)

    def end(self) -> None:
        """Ends all who are parked."""
        self.over = True
        self._timers.clear()
        self.idle.clear()
        for turn in self._parked:
            turn.error = _Over()
        self.ready = deque(self._parked)
        self.idle.append(self.main)
        self.hand_on(self.main)

    def _next(self) -> _Turn:
        while True:
            if self.ready:
                return self.ready.popleft()
            is_due = self._timers and self._timers[0][0] <= self._clock.now_ns
            if self.idle and not is_due:
                return self.idle.popleft()
            if not self._timers:
                self.main.error = DeadlockError("nothing can go on, and no timer is set")
                return self.main
            due_ns, _, timer = heapq.heappop(self._timers)
            if timer.fire is not None:
                self._clock.now_ns = max(self._clock.now_ns, due_ns)
                fire, timer.fire = timer.fire, None
                fire()


# Ends a thread that is left.
class _Over(BaseException):
    pass


class _Timer:
    __slots__ = ("fire",)

    def __init__(self, fire: Callable[[], None]) -> None:
        self.fire: Callable[[], None] | None = fire

    def cancel(self) -> None:
        self.fire = None


class _Event:
    __slots__ = ("_is_set", "_turns", "_waiting")

    def __init__(self, turns: _Turns) -> None:
        self._turns = turns
        self._is_set = False
        self._waiting: dict[_Turn, _Timer | None] = {}

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, {}
        for turn, timer in waiting.items():
            if timer is not None:
                timer.cancel()
            self._turns.ready.append(turn)

    def clear(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        if self._is_set:
            return True
        turns, is_late = self._turns, False
        turn = turns.current()

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            del self._waiting[turn]
            turns.ready.append(turn)

        timer = None if timeout is None else turns.add_timer(give_up, timeout * 1e9)
        self._waiting[turn] = timer
        try:
            turns.park(turn)
        finally:
            if self._waiting.pop(turn, None) is not None and timer is not None:
                timer.cancel()
        return not is_late


class _Worker:
    """A thread that runs one function after the other."""

    def __init__(self, turns: _Turns, resting: list[_Worker]) -> None:
        self._turns = turns
        self._resting = resting
        self._turn = _Turn()
        self._job: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._serve, name="virtual", daemon=True)
        self._thread.start()

    def begin(self, job: Callable[[], None]) -> None:
        self._job = job
        self._turns.ready.append(self._turn)

    # All are resting by then, or were never begun.
    def end(self) -> None:
        self._job = None
        self._turn.lock.release()
        self._thread.join()

    def _serve(self) -> None:
        self._turn.lock.acquire()
        self._turns.take(self._turn)
        while (job := self._job) is not None:
            try:
                job()
            except _Over:
                pass
            except BaseException:
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self._thread)))
            self._job = None
            self._resting.append(self)
            self._turns.hand_on(self._turn)
