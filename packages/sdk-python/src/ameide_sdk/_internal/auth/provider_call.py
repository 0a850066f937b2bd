"""Calls of token providers: in an event loop, or in a thread."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ameide_sdk._internal.runtime.runtime import Threads


@dataclass(frozen=True, slots=True)
class ProviderOutcome:
    """Told once how a call of a provider ended, by any thread.

    Attributes:
        landed: Takes the answer, not read yet.
        failed: Takes what was raised.
        late: It was ended at its deadline.
        lost: Nobody knows: its event loop is being closed, or the client was.
    """

    landed: Callable[[object], None]
    failed: Callable[[BaseException], None]
    late: Callable[[], None]
    lost: Callable[[], None]


class ProviderCalls(Protocol):
    """Calls providers, with no lock held, so that nobody who waits is kept from its own limits.

    A call is shared, so that it runs in an empty context: the context variables of the call that
    happened to begin it are not those of the others.
    """

    def begin(
        self, ask: Callable[[], object], limit_ms: float, outcome: ProviderOutcome, /
    ) -> None:
        """Calls a provider; the outcome may be there when this returns."""
        ...

    def end(self) -> None:
        """Ends what can be ended, as nobody waits any more. May be called by any thread."""
        ...


class ProviderTimeoutError(Exception):
    """Tells that a provider did not answer in time."""

    def __init__(self, limit_ms: float) -> None:
        """Says how long it had."""
        super().__init__(f"it gave no token within {limit_ms:.0f} ms")


class AsyncProviderCalls(ProviderCalls):
    """Calls providers in the event loop that runs."""

    def __init__(self) -> None:
        """Begins with none under way."""
        # An event loop itself holds its tasks weakly.
        self._tasks: set[asyncio.Task[object]] = set()
        self._ended = False

    def begin(self, ask: Callable[[], object], limit_ms: float, outcome: ProviderOutcome) -> None:
        """Calls a provider at once; what it gives is awaited in a task.

        `KeyboardInterrupt` and `SystemExit` of a provider are its failure and, if it is called at
        once, are raised, too.
        """
        context = contextvars.Context()
        try:
            answer = context.run(ask)
        except (Exception, asyncio.CancelledError) as error:
            outcome.failed(error)
            return
        except BaseException as error:
            outcome.failed(error)
            raise
        if not inspect.isawaitable(answer):
            outcome.landed(answer)
            return
        if self._ended:  # By the provider itself.
            if inspect.iscoroutine(answer):
                answer.close()
            outcome.lost()
            return
        task = asyncio.get_running_loop().create_task(_wait(answer, limit_ms), context=context)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._done(task, outcome))

    def end(self) -> None:
        """Cancels the tasks."""
        self._ended = True
        for task in tuple(self._tasks):
            try:
                task.get_loop().call_soon_threadsafe(task.cancel)
            except RuntimeError:  # The loop is closed, and the task will never go on.
                self._tasks.discard(task)

    def _done(self, task: asyncio.Task[object], outcome: ProviderOutcome) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            error = task.exception()
            if error is None:
                outcome.landed(task.result())
            elif isinstance(error, ProviderTimeoutError):
                outcome.late()
            else:
                outcome.failed(error)
        elif task.cancelling() > 0:
            outcome.lost()
        else:
            outcome.failed(asyncio.CancelledError("it was canceled"))


async def _wait(answer: Awaitable[Any], limit_ms: float) -> object:
    scope = asyncio.timeout(limit_ms / 1e3)
    try:
        async with scope:
            return await answer
    except TimeoutError as error:
        if scope.expired():
            raise ProviderTimeoutError(limit_ms) from error
        raise


class SyncProviderCalls(ProviderCalls):
    """Calls providers in threads of their own."""

    def __init__(self, threads: Threads) -> None:
        """Takes where threads come from."""
        self._threads = threads

    def begin(self, ask: Callable[[], object], _limit_ms: float, outcome: ProviderOutcome) -> None:
        """Calls a provider in a thread, which goes on for as long as the provider does."""

        def run() -> None:
            try:
                answer = contextvars.Context().run(ask)
            except BaseException as error:
                outcome.failed(error)
                return
            if inspect.iscoroutine(answer):
                answer.close()  # It is refused, and never awaited.
            outcome.landed(answer)

        try:
            self._threads.start(run)
        except RuntimeError as error:  # No more threads can be had.
            outcome.failed(error)

    def end(self) -> None:
        """Leaves the threads to their providers, who know their deadline."""
