"""Carries out the effects of flows: by awaiting, or by blocking a thread."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from typing import Protocol, TypeVar

from ameide_sdk._internal.runtime.flow import Flow, Interrupted, Pause, Perform
from ameide_sdk._internal.runtime.runtime import Runtime, Threads

_T = TypeVar("_T")

# Locks refuse to wait for centuries; the flow looks at the time when it is woken.
_LONGEST_WAIT_S = 86_400


class Waiter(Protocol):
    """Waits for one call."""

    def wake(self) -> None:
        """Ends the wait under way or, if there is none, the next one. Any thread may call it."""
        ...

    def limit(self, until_ms: float) -> None:
        """Changes the end of what is performed now, where the waiter is who ends it."""
        ...

    def is_canceled(self) -> bool:
        """Reports whether the caller has canceled, be it that it was not told yet."""
        ...


class AsyncWaiter:
    """Awaits, in one task at a time."""

    def __init__(self, runtime: Runtime) -> None:
        """Waits in whatever event loop `run` is awaited."""
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scope: asyncio.Timeout | None = None
        self._woken = False
        # How often its task had been told of a cancellation when the flow began.
        self._canceled = 0
        # What the caller handled when the flow began.
        self._handled: BaseException | None = None

    def wake(self) -> None:
        """Ends the wait under way or, if there is none, the next one."""
        self._woken = True
        loop = self._loop
        if loop is None:
            return
        if loop is asyncio._get_running_loop():
            self._end_scope()
            return
        # Nobody waits in a loop that is closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._end_scope)

    def limit(self, until_ms: float) -> None:
        """Changes the end of what is performed now."""
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(self._when(until_ms))

    def is_canceled(self) -> bool:
        """Reports whether the task has been canceled, be it that it was not told yet."""
        return _times_canceled() > self._canceled

    async def run(self, flow: Flow[_T]) -> _T:
        """Runs a flow to its end."""
        self._loop = asyncio.get_running_loop()
        self._canceled = _times_told()
        self._handled = sys.exception()
        try:
            effect = flow.send(None)
            while True:
                try:
                    result = await self._carry_out(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as end:
            value: _T = end.value
            return value

    async def _carry_out(self, effect: Pause | Perform) -> object:
        if isinstance(effect, Pause):
            await self._pause(effect)
            return None
        return await self._perform(effect)

    async def _pause(self, pause: Pause) -> None:
        if pause.kind == "sleep":
            self._runtime.on_sleep(pause.asked_ms)
        if self._woken:
            self._woken = False
            return
        if self.is_canceled():
            raise await _cancellation()
        try:
            async with asyncio.timeout_at(self._when(pause.until_ms)) as self._scope:
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            pass
        finally:
            self._scope = None
            self._woken = False

    async def _perform(self, perform: Perform) -> object:
        if self._woken:
            self._woken = False
            raise Interrupted
        scope = asyncio.timeout_at(self._when(perform.until_ms))
        try:
            async with scope:
                self._scope = scope
                return await perform.run()
        except BaseException as error:
            # Who cancels the task while we do is heard first.
            if self.is_canceled():
                raise _told(error, self._handled) or await _cancellation() from None
            if scope.expired():
                raise Interrupted from error
            raise
        finally:
            self._scope = None
            self._woken = False

    # Of the loop's clock, however that relates to ours.
    def _when(self, until_ms: float) -> float | None:
        if until_ms == math.inf:
            return None
        left_ms = max(0, until_ms - self._runtime.clock.now())
        return asyncio.get_running_loop().time() + left_ms / 1e3

    def _end_scope(self) -> None:
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())


def _times_canceled() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


# A task that cancels itself is told at its next wait.
def _times_told() -> int:
    is_to_be_told: bool = getattr(asyncio.current_task(), "_must_cancel", False)
    return _times_canceled() - is_to_be_told


# Where a callback has canceled the task, that is told at the next wait.
async def _cancellation() -> asyncio.CancelledError:
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError as told:
        return told
    return asyncio.CancelledError()


# Connect replaces a CancelledError by an error of its own, with it as the cause, and interceptors
# do so by what they like. What the caller handles meanwhile may be an earlier cancellation, and is
# a context of all that is raised.
def _told(error: BaseException, handled: BaseException | None) -> asyncio.CancelledError | None:
    left: list[BaseException | None] = [error]
    seen = {id(handled)}
    for each in left:
        if each is None or id(each) in seen:
            continue
        if isinstance(each, asyncio.CancelledError):
            return each
        seen.add(id(each))
        left += each.__cause__, each.__context__
    return None


class SyncWaiter:
    """Blocks the thread that runs."""

    def __init__(self, runtime: Runtime, threads: Threads) -> None:
        """Waits by events of `threads`."""
        self._runtime = runtime
        self._event = threads.event()

    def wake(self) -> None:
        """Ends the wait under way or, if there is none, the next one."""
        self._event.set()

    def limit(self, until_ms: float) -> None:
        """Leaves the end of what is performed to whom performs it."""

    def is_canceled(self) -> bool:
        """Says that nothing cancels a thread."""
        return False

    def run(self, flow: Flow[_T]) -> _T:
        """Runs a flow to its end."""
        try:
            effect = flow.send(None)
            while True:
                try:
                    result = self._carry_out(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as end:
            value: _T = end.value
            return value

    def _carry_out(self, effect: Pause | Perform) -> object:
        if isinstance(effect, Perform):
            return effect.run()
        if effect.kind == "sleep":
            self._runtime.on_sleep(effect.asked_ms)
        left_ms = effect.until_ms - self._runtime.clock.now()
        self._event.wait(min(max(0, left_ms) / 1e3, _LONGEST_WAIT_S))
        self._event.clear()
        return None
