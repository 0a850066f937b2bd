"""What a case runs in: its time, its variables, and what may wait there.

The adapter is written once, as coroutines. In the world of a sync client none of them is ever
suspended: what they await blocks its thread, and `drive` runs them to their end.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from ameide_sdk._internal.runtime.runtime import Clock, Event, Threads, TimerHandle
from ameide_sdk._internal.runtime.threads import SystemThreads
from ameide_sdk._internal.runtime.virtual_clock import Baton, VirtualClock, VirtualLoop

_T = TypeVar("_T")


class CaseClock(Clock, Protocol):
    """A clock whose wall clock may be set."""

    def jump_wall(self, ms: float) -> None:
        """Sets the wall clock ahead, or back, while time goes on."""
        ...


class RealClock:
    """Real time since now; only the wall clock starts elsewhere."""

    def __init__(self, wall_start_ms: float) -> None:
        self._start_ns = time.monotonic_ns()
        self._wall_start_ms = wall_start_ms

    def now(self) -> float:
        """Returns the time since the start."""
        return (time.monotonic_ns() - self._start_ns) / 1e6

    def wall_now(self) -> float:
        """Returns the time since the Unix epoch."""
        return self._wall_start_ms + self.now()

    def jump_wall(self, ms: float) -> None:
        """Sets the wall clock ahead, or back."""
        self._wall_start_ms += ms


class Gate(Protocol):
    """Lets nobody through until it is opened."""

    def open(self) -> None:
        """Lets all through, for ever."""
        ...

    async def wait(self, ms: float | None = None) -> bool:
        """Waits for the gate, or for a time, and tells whether it is open."""
        ...


class Begun(Generic[_T]):
    """Work that goes on beside."""

    def __init__(self, gate: Gate) -> None:
        self.ended = gate
        self.task: asyncio.Task[None] | None = None
        self._result: _T | None = None
        self._error: BaseException | None = None

    async def work(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        """Does it, and keeps how it ended."""
        try:
            self._result = await work()
        except BaseException as error:
            self._error = error
            if not isinstance(error, Exception):
                raise
        finally:
            self.ended.open()

    async def join(self) -> _T:
        """Waits for its end."""
        await self.ended.wait()
        return self.result()

    def result(self) -> _T:
        """Returns what it came to, or raises what it failed with."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


class World(ABC):
    """What a case runs in.

    Attributes:
        is_async: The client is async.
        in_memory: Time is virtual.
    """

    is_async: bool
    in_memory: bool
    clock: CaseClock

    @abstractmethod
    def gate(self) -> Gate:
        """Makes a gate."""

    @abstractmethod
    def start(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> Begun[_T]:
        """Begins work that goes on beside."""

    @abstractmethod
    async def settle(self) -> None:
        """Waits until nothing can go on without time, where that can be told."""

    async def sleep(self, ms: float) -> None:
        """Lets time pass."""
        if ms > 0:
            await self.gate().wait(ms)

    async def head_start(self) -> None:
        """Lets what was begun go on for as long as it takes no time, on sockets for a moment."""
        if self.in_memory:
            await self.settle()
        else:
            await self.sleep(_MOMENT_MS)

    async def give(self, value: Any) -> Any:
        """Returns what a call of the SDK gives: in the end, or at once."""
        return await value if self.is_async else value

    @property
    @abstractmethod
    def sdk_threads(self) -> Threads | None:
        """Threads for the SDK."""

    @abstractmethod
    def leaks(self) -> tuple[int, int]:
        """Counts the timers and the tasks of the SDK that are left."""


# How long a call on sockets is likely to take until its request is under way.
_MOMENT_MS = 4
# How long a machine that is busy may take to end a thread, and how often that is looked at.
_THREAD_END_S = 1.0
_POLL_S = 0.001


class AsyncWorld(World):
    """Tasks in an event loop."""

    is_async = True

    def __init__(self, clock: CaseClock) -> None:
        self.clock = clock
        self._loop = asyncio.get_running_loop()
        self.in_memory = isinstance(self._loop, VirtualLoop)
        self._own: set[asyncio.Task[Any]] = set()

    def gate(self) -> Gate:
        """Makes a gate."""
        return _AsyncGate()

    def start(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> Begun[_T]:
        """Begins a task."""
        begun = Begun[_T](self.gate())
        begun.task = asyncio.create_task(begun.work(work))
        self._own.add(begun.task)
        return begun

    async def settle(self) -> None:
        """Waits until nothing can go on without time."""
        if isinstance(self._loop, VirtualLoop):
            await self._loop.settle()
            return
        # Tasks of the HTTP client that are being canceled end in the next turns.
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def sdk_threads(self) -> Threads | None:
        """The machine's."""
        return None

    def leaks(self) -> tuple[int, int]:
        """Counts timers and tasks; the adapter's own tasks are ended first, and forgotten."""
        for task in self._own:
            task.cancel()
        left = asyncio.all_tasks() - self._own - {asyncio.current_task()}
        self._own.clear()
        timers = self._loop.pending() if isinstance(self._loop, WatchedLoop) else 0
        return timers, len(left)


class WatchedLoop(VirtualLoop):
    """A virtual loop that knows the timers that are set in it."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._handles: list[asyncio.TimerHandle] = []

    def call_at(  # type: ignore[override]
        self, when: float, *args: Any, **kwargs: Any
    ) -> asyncio.TimerHandle:
        """Sets a timer."""
        handle = super().call_at(when, *args, **kwargs)
        self._handles.append(handle)
        return handle

    def pending(self) -> int:
        """Counts the timers that have neither fired nor been canceled, and forgets them."""
        # A loop fires them up to 1 ns early.
        now = self.time() + 1e-9
        handles, self._handles = self._handles, []
        return sum(not each.cancelled() and each.when() > now for each in handles)


class _AsyncGate:
    def __init__(self) -> None:
        self._is_open = False
        self._waiting: set[asyncio.Future[bool]] = set()

    def open(self) -> None:
        self._is_open = True
        for each in self._waiting:
            _settle(each, True)

    async def wait(self, ms: float | None = None) -> bool:
        if self._is_open:
            return True
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[bool] = loop.create_future()
        timer = None if ms is None else loop.call_later(ms / 1e3, _settle, opened, False)
        self._waiting.add(opened)
        try:
            return await opened
        finally:
            self._waiting.discard(opened)
            if timer is not None:
                timer.cancel()


def _settle(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)


class SyncWorld(World):
    """Threads, of the machine or on a baton."""

    is_async = False

    def __init__(self, clock: CaseClock, baton: Baton | None) -> None:
        self.clock = clock
        self.in_memory = baton is not None
        self._baton = baton
        self._threads = baton or SystemThreads()
        self._counted = CountedThreads(self._threads)

    def gate(self) -> Gate:
        """Makes a gate."""
        return _SyncGate(self._threads.event())

    def start(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> Begun[_T]:
        """Begins a thread."""
        begun = Begun[_T](self.gate())
        context = contextvars.copy_context()
        self._threads.start(lambda: context.run(drive, begun.work(work)))
        return begun

    async def settle(self) -> None:
        """Waits until nothing can go on without time."""
        if self._baton is not None:
            self._baton.settle()

    @property
    def sdk_threads(self) -> Threads | None:
        """Threads whose timers and ends are counted."""
        return self._counted

    def leaks(self) -> tuple[int, int]:
        """Counts timers and threads; one that has done its work has a moment to end."""
        until = time.monotonic() + _THREAD_END_S
        while not self.in_memory and self._counted.running > 0 and time.monotonic() < until:
            time.sleep(_POLL_S)
        return self._counted.timers, self._counted.running


class CountedThreads(Threads):
    """Threads of the SDK that are counted."""

    def __init__(self, inner: Threads) -> None:
        self._inner = inner
        self.timers = 0
        self.running = 0

    def event(self) -> Event:
        """Makes an event."""
        return self._inner.event()

    def start(self, run: Callable[[], None]) -> None:
        """Runs a function in a thread of its own."""
        self.running += 1

        def counted() -> None:
            try:
                run()
            finally:
                self.running -= 1

        self._inner.start(counted)

    def set_timer(self, run: Callable[[], None], ms: float) -> TimerHandle:
        """Sets a timer."""
        timer = _CountedTimer(self)
        timer.inner = self._inner.set_timer(lambda: timer.fire(run), ms)
        return timer


class _CountedTimer:
    def __init__(self, counted: CountedThreads) -> None:
        self.inner: TimerHandle | None = None
        self._counted: CountedThreads | None = counted
        counted.timers += 1

    def cancel(self) -> None:
        self._over()
        if self.inner is not None:
            self.inner.cancel()

    def fire(self, run: Callable[[], None]) -> None:
        self._over()
        run()

    def _over(self) -> None:
        counted, self._counted = self._counted, None
        if counted is not None:
            counted.timers -= 1


class _SyncGate:
    def __init__(self, event: Event) -> None:
        self._event = event

    def open(self) -> None:
        self._event.set()

    async def wait(self, ms: float | None = None) -> bool:
        return self._event.wait(None if ms is None else ms / 1e3)


def drive(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Runs a coroutine that is never suspended."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: _T = end.value
        return value
    coroutine.close()
    raise RuntimeError("a coroutine of a sync case was suspended")


def drive_each(items: AsyncIterator[_T]) -> Iterator[_T]:
    """Goes through an async iterator that is never suspended."""
    while True:
        try:
            yield drive(items.__anext__())  # type: ignore[arg-type]
        except StopAsyncIteration:
            return


for _name in [name for name in os.environ if name.startswith("AMEIDE_")]:
    del os.environ[_name]


@contextmanager
def variables(given: Mapping[str, str]) -> Iterator[None]:
    """Sets these environment variables, and no others of the SDK, for a while."""
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            del os.environ[name]


def sockets() -> set[tuple[int, str]]:
    """Returns the sockets of this process: number and inode of each."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add((int(name), target))
    return found


# Time that sockets have to close, which threads of the HTTP client do.
_CLOSING_S = 0.25


def sockets_left(before: set[tuple[int, str]]) -> int:
    """Counts the sockets that are left open since then."""
    began = time.monotonic()
    while (left := len(sockets() - before)) and time.monotonic() - began < _CLOSING_S:
        time.sleep(0.005)
    return left
