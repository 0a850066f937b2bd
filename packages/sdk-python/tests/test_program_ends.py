"""What ends a program, a greenlet or a test is no exception, and no failure of an attempt."""

from __future__ import annotations

from typing import Any

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest, WatchThreadRequest

from ameide_sdk import connect


class _GreenletTimeout(BaseException):
    """As gevent has it."""


_ENDS = [KeyboardInterrupt(), SystemExit(1), GeneratorExit(), _GreenletTimeout()]


class _Ending:
    """A transport, and interceptors, in which the program is ended."""

    def __init__(self, end: BaseException) -> None:
        self._end = end
        self.times = 0

    def _raise(self) -> Any:
        self.times += 1
        raise self._end

    def execute_sync(self, _request: object) -> Any:
        return self._raise()

    async def execute(self, _request: object) -> Any:
        return self._raise()

    def intercept_unary_sync(self, _call_next: object, _request: object, _ctx: object) -> Any:
        return self._raise()

    async def intercept_unary(self, _call_next: object, _request: object, _ctx: object) -> Any:
        return self._raise()


@pytest.mark.parametrize("end", _ENDS)
@pytest.mark.parametrize("place", ["transport", "interceptors"])
def test_of_sync_calls(end: BaseException, place: str) -> None:
    ending: Any = _Ending(end)
    options: Any = {"transport": ending} if place == "transport" else {"interceptors": [ending]}
    with connect(ThreadsServiceClientSync, "https://api.test", tenant="acme", **options) as client:
        with pytest.raises(type(end)) as caught:
            client.get_thread(GetThreadRequest(thread_id="t1"))
        assert caught.value is end
        assert ending.times == 1
        if place == "transport":
            with pytest.raises(type(end)) as caught:
                next(client.watch_thread(WatchThreadRequest(thread_id="t1")))
            assert caught.value is end


@pytest.mark.parametrize("end", _ENDS)
@pytest.mark.parametrize("place", ["transport", "interceptors"])
async def test_of_async_calls(end: BaseException, place: str) -> None:
    ending: Any = _Ending(end)
    options: Any = {"transport": ending} if place == "transport" else {"interceptors": [ending]}
    async with connect(
        ThreadsServiceClient, "https://api.test", tenant="acme", **options
    ) as client:
        with pytest.raises(type(end)) as caught:
            await client.get_thread(GetThreadRequest(thread_id="t1"))
        assert caught.value is end
        assert ending.times == 1
        if place == "transport":
            with pytest.raises(type(end)) as caught:
                await anext(client.watch_thread(WatchThreadRequest(thread_id="t1")))
            assert caught.value is end
