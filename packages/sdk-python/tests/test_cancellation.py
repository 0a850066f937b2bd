"""Cancellations of a task, and what else is raised meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pyqwest
import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import ThreadsServiceClient
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest

from ameide_sdk import AmeideError, connect


def _of_each_other() -> Exception:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def _of_itself() -> Exception:
    alone = ValueError("alone")
    alone.__cause__ = alone
    return alone


class _Replacing:
    def __init__(self, error: Exception) -> None:
        self._error = error
        self.begun = asyncio.Event()

    async def intercept_unary(self, _call_next: object, _request: object, _ctx: object) -> Any:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise self._error from self._error.__cause__


@pytest.mark.parametrize("error", [_of_each_other(), _of_itself()])
async def test_causes_in_a_circle(error: Exception) -> None:
    replacing: Any = _Replacing(error)
    async with connect(
        ThreadsServiceClient, "https://api.test", tenant="acme", interceptors=[replacing]
    ) as client:
        call: Any = client.get_thread(GetThreadRequest(thread_id="t1"))
        task = asyncio.ensure_future(call)
        await replacing.begun.wait()
        task.cancel("by the test")
        with pytest.raises(asyncio.CancelledError, match="by the test"):
            await task


class _Failing:
    def __init__(self) -> None:
        self.times = 0

    async def execute(self, _request: pyqwest.Request) -> pyqwest.Response:
        self.times += 1
        headers = pyqwest.Headers([("content-type", "application/json")])
        return pyqwest.Response(status=400, headers=headers, content=b'{"code":"not_found"}')


@pytest.mark.parametrize("leaves", [True, False])
async def test_a_canceled_task_that_cleans_up_is_told_of_failures(leaves: bool) -> None:
    transport, begun = _Failing(), asyncio.Event()
    failures: list[AmeideError] = []

    async def work(client: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            try:
                await client.get_thread(GetThreadRequest(thread_id="t1"))
            except AmeideError as error:
                failures.append(error)
                if leaves:
                    raise

    async with connect(
        ThreadsServiceClient, "https://api.test", tenant="acme", transport=transport
    ) as client:
        task = asyncio.ensure_future(work(client))
        await begun.wait()
        task.cancel()
        with pytest.raises(AmeideError if leaves else asyncio.CancelledError):
            await task
    assert [error.code.value for error in failures] == ["not_found"]
    assert len(failures[0].attempts) == transport.times == 1


async def test_a_second_cancellation_ends_a_call_that_cleans_up() -> None:
    replacing: Any = _Replacing(ValueError("of the interceptor"))
    begun = asyncio.Event()

    async def work(client: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await client.get_thread(GetThreadRequest(thread_id="t1"))

    async with connect(
        ThreadsServiceClient, "https://api.test", tenant="acme", interceptors=[replacing]
    ) as client:
        task = asyncio.ensure_future(work(client))
        await begun.wait()
        task.cancel("first")
        await replacing.begun.wait()
        task.cancel("second")
        with pytest.raises(asyncio.CancelledError, match="second"):
            await task


class _Impatient:
    async def intercept_unary(self, _call_next: object, _request: object, _ctx: object) -> Any:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()


async def test_timeouts_of_interceptors_are_told_to_who_cleans_up() -> None:
    begun, impatient = asyncio.Event(), _Impatient()
    failures: list[AmeideError] = []

    async def work(client: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            try:
                await client.get_thread(GetThreadRequest(thread_id="t1"))
            except AmeideError as error:
                failures.append(error)

    options: Any = {"tenant": "acme", "interceptors": [impatient]}
    async with connect(ThreadsServiceClient, "https://api.test", **options) as client:
        task = asyncio.ensure_future(work(client))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [error.code.value for error in failures] == ["deadline_exceeded"]


async def test_a_task_that_cancels_itself_sends_nothing() -> None:
    transport = _Failing()

    async def work(client: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel("by itself")
        await client.get_thread(GetThreadRequest(thread_id="t1"))

    async with connect(
        ThreadsServiceClient, "https://api.test", tenant="acme", transport=transport
    ) as client:
        with pytest.raises(asyncio.CancelledError, match="by itself"):
            await asyncio.ensure_future(work(client))
    assert transport.times == 0
