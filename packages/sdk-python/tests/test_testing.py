"""The tools for tests, as users have them."""

from __future__ import annotations

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsService,
    ThreadsServiceASGIApplication,
    ThreadsServiceClient,
    ThreadsServiceClientSync,
    ThreadsServiceSync,
    ThreadsServiceWSGIApplication,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import (
    GetThreadRequest,
    GetThreadResponse,
    Thread,
)
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk import AmeideError, connect
from ameide_sdk.testing import (
    Baton,
    VirtualClock,
    memory_transport,
    memory_transport_sync,
    run_virtually,
    seeded,
    sequence,
    with_test_runtime,
)


class Busy(ThreadsService):
    def __init__(self) -> None:
        self.asked = 0

    async def get_thread(self, request: GetThreadRequest, _ctx: object) -> GetThreadResponse:
        self.asked += 1
        if self.asked < 3:
            raise ConnectError(Code.UNAVAILABLE, "busy")
        return GetThreadResponse(thread=Thread(id=request.thread_id))


class BusySync(ThreadsServiceSync):
    def __init__(self) -> None:
        self.asked = 0

    def get_thread(self, request: GetThreadRequest, _ctx: object) -> GetThreadResponse:
        self.asked += 1
        if self.asked < 3:
            raise ConnectError(Code.UNAVAILABLE, "busy")
        return GetThreadResponse(thread=Thread(id=request.thread_id))


def test_waits_of_an_async_client_take_no_time() -> None:
    handlers, clock, sleeps = Busy(), VirtualClock(), list[float]()
    options = with_test_runtime(
        {"transport": memory_transport(ThreadsServiceASGIApplication(handlers)), "tenant": "acme"},
        clock=clock,
        random={"backoff": sequence(0.5)},
        on_sleep=sleeps.append,
    )

    async def calls() -> str:
        async with connect(ThreadsServiceClient, "https://memory.test", **options) as threads:
            answer = await threads.get_thread(GetThreadRequest(thread_id="t1"))
        assert answer.thread is not None
        return answer.thread.id

    assert run_virtually(calls, clock) == "t1"
    assert (handlers.asked, sleeps, clock.now()) == (3, [0.025, 0.05], 75)


def test_waits_of_a_sync_client_take_no_time() -> None:
    handlers, clock, sleeps = BusySync(), VirtualClock(), list[float]()
    baton = Baton(clock)
    options = with_test_runtime(
        {
            "transport": memory_transport_sync(ThreadsServiceWSGIApplication(handlers)),
            "tenant": "acme",
        },
        clock=clock,
        threads=baton,
        random={"backoff": sequence(0.5)},
        on_sleep=sleeps.append,
    )

    def calls() -> None:
        with connect(ThreadsServiceClientSync, "https://memory.test", **options) as threads:
            threads.get_thread(GetThreadRequest(thread_id="t1"))

    baton.run(calls)
    assert (handlers.asked, sleeps, clock.now()) == (3, [0.025, 0.05], 75)


def test_a_random_number_that_is_none_is_refused() -> None:
    clock = VirtualClock()
    options = with_test_runtime(
        {"transport": memory_transport(ThreadsServiceASGIApplication(Busy())), "tenant": "acme"},
        clock=clock,
        random={"backoff": lambda: 1.0},
    )

    async def calls() -> None:
        async with connect(ThreadsServiceClient, "https://memory.test", **options) as threads:
            await threads.get_thread(GetThreadRequest(thread_id="t1"))

    with pytest.raises(AmeideError, match=r"random\.backoff") as failed:
        run_virtually(calls, clock)
    assert failed.value.reason == "CONFIG_INVALID"


def test_one_seed_gives_the_same_numbers() -> None:
    first, again = seeded(7), seeded(7)
    for source in (first, again):
        assert source.keys() == {"backoff", "auth_jitter", "bytes"}
    drawn = [random["bytes"](8) for random in (first, again) if "bytes" in random]
    assert drawn[0] == drawn[1]


def test_a_sequence_needs_a_number() -> None:
    with pytest.raises(AmeideError, match="sequence"):
        sequence()
