"""Calls as a case has them made: how many at once, and what their callers do meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import SeenOutcome
from ameide_conformance_proto.ameide.conformance.v1.case_pb import Call, Cancel, Paginate
from ameide_conformance_proto.ameide.conformance.v1.service_pb import ListItemsRequest

from ameide_sdk import paginate
from entries import CaseClient
from environment import World
from interceptors import number
from one_call import OneCall
from options import settings
from outcome import failed, outcome_of
from providers import ProviderContext

_END: Any = object()


class CallMaker:
    """Makes the calls of a case.

    Attributes:
        items: Items of lists.
        on_attempt_failed: Called once, when an attempt has failed.
    """

    def __init__(self, context: ProviderContext) -> None:
        self._context = context
        self._world = context.world
        self._cancelers: list[Callable[[], None]] = []
        self._unread: list[Any] = []
        self._live: list[OneCall] = []
        self.items: list[str] = []
        self.on_attempt_failed: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Cancels the calls that callbacks may cancel."""
        cancelers, self._cancelers = self._cancelers, []
        for cancel in cancelers:
            cancel()

    def attempt_failed(self) -> None:
        """Is told that an attempt has failed."""
        react, self.on_attempt_failed = self.on_attempt_failed, None
        if react is not None:
            react()

    def done(self, method: str) -> None:
        """Is told that a call of a method has ended. Of several nobody can say which."""
        ended = [each for each in self._live if method.endswith(f"/{each.call.method}")]
        if len(ended) == 1:
            ended[0].over.open()

    async def make(self, call: Call, client: CaseClient) -> list[SeenOutcome]:
        """Makes a call, or several at once."""
        count = call.parallel or 1
        common = settings(call.settings, self._context)
        shared = _Canceler(call.cancel, self._world) if call.share_cancel else None

        def one(index: int) -> Callable[[], Awaitable[SeenOutcome]]:
            own = {**common, "tenant": f"t{index + 1}"} if call.tenant_each else common
            conformance: Any = client.conformance
            stub = conformance.with_options(**own) if own else conformance
            is_canceled = call.cancel is not None and not (call.cancel.first_only and index > 0)
            canceler = shared or (_Canceler(call.cancel, self._world) if is_canceled else None)
            if canceler is not None and call.cancel is not None and call.cancel.by_callback:
                self._cancelers.append(canceler.cancel)
            return lambda: self._one(call, stub, canceler, _parameters(call, index))

        if count == 1:
            return [await one(0)()]
        begun = []
        # One after the other, each as far as it goes without time, so that their order is always
        # the same.
        for index in range(count):
            make: Any = one(index)
            begun.append(self._world.start(make))
            if index == 0 or call.numbered:
                await self._world.head_start()
            else:
                await self._world.settle()
        return [await each.join() for each in begun]

    async def _one(
        self, call: Call, stub: Any, canceler: _Canceler | None, parameters: dict[str, Any]
    ) -> SeenOutcome:
        react = self._react
        making = OneCall(call, stub, self._world, self._unread, react)
        self._live.append(making)
        try:
            if canceler is None:
                return await making.make(_plainly, parameters)
            return await canceler.around(making, parameters)
        finally:
            self._live.remove(making)

    def _react(self, react: Callable[[], None]) -> None:
        self.on_attempt_failed = react

    async def go_through(self, given: Paginate, client: CaseClient) -> SeenOutcome:
        """Goes through a list; its outcome is an empty text, its items are kept apart."""
        options = settings(given.settings, self._context)
        limits: dict[str, Any] = {
            name: number(getattr(given, name))
            for name in ("max_items", "max_pages")
            if given.has_field(name)
        }

        async def go() -> str:
            conformance: Any = client.conformance
            stub = conformance.with_options(**options) if options else conformance
            found: Any = paginate(stub.list_items, ListItemsRequest(), **limits)
            if given.pages:
                found = found.pages()
            iterator = aiter(found) if self._world.is_async else iter(found)
            seen = 0
            while (each := await self._next(iterator)) is not _END:
                self.items.extend([each] if isinstance(each, str) else each.items)
                seen += 1
                if given.has_field("break_after") and seen == given.break_after:
                    break
            return ""

        return await outcome_of(self._world.clock, go)

    async def _next(self, iterator: Any) -> Any:
        return await anext(iterator, _END) if self._world.is_async else next(iterator, _END)


async def _plainly(call: Callable[[], Awaitable[str]]) -> str:
    return await call()


def _parameters(call: Call, index: int) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    headers = dict(call.runtime_headers)
    if call.numbered:
        headers["x-call"] = str(index + 1)
    if headers:
        parameters["headers"] = headers
    if call.has_field("runtime_timeout_ms"):
        parameters["timeout_ms"] = number(call.runtime_timeout_ms)
    return parameters


class _Canceler:
    """How a caller ends its call, or several: by canceling tasks, or by a timeout of its own."""

    def __init__(self, given: Cancel | None, world: World) -> None:
        if given is None:
            raise ValueError("a cancel is shared and not given")
        if not world.is_async:
            raise ValueError("a sync call cannot be canceled")
        self._given = given
        self._world = world
        self._tasks: list[asyncio.Task[SeenOutcome]] = []
        self._scopes: list[asyncio.Timeout] = []

    def cancel(self) -> None:
        """Ends them now."""
        now = asyncio.get_running_loop().time()
        for scope in self._scopes:
            scope.reschedule(now)
        for task in self._tasks:
            task.cancel()

    async def around(self, making: OneCall, parameters: dict[str, Any]) -> SeenOutcome:
        """Makes a call that this may end."""
        given, loop = self._given, asyncio.get_running_loop()
        start_ms = self._world.clock.now()
        after_s = given.after_ms / 1e3 if given.has_field("after_ms") else None
        if given.as_timeout:
            return await making.make(self._within_timeout(after_s), parameters)
        ended: list[SeenOutcome] = []

        async def make() -> SeenOutcome:
            ended.append(await making.make(_plainly, parameters))
            return ended[0]

        task = loop.create_task(make())
        self._tasks.append(task)
        timer = None
        if given.before_start:
            task.cancel()
        elif after_s is not None:
            timer = loop.call_later(after_s, task.cancel)
        try:
            return await task
        except asyncio.CancelledError as error:
            # A task that is canceled as it ends has made its call.
            return ended[0] if ended else failed(self._world.clock, start_ms, error)
        finally:
            if timer is not None:
                timer.cancel()

    def _within_timeout(self, after_s: float | None) -> Any:
        delay = 0 if self._given.before_start else after_s

        async def within(call: Callable[[], Awaitable[str]]) -> str:
            async with asyncio.timeout(delay) as scope:
                self._scopes.append(scope)
                try:
                    # A timeout that is over is raised by the first wait.
                    if delay == 0:
                        await asyncio.sleep(0)
                    return await call()
                finally:
                    self._scopes.remove(scope)

        return within
