"""The methods of clients as functions, as type checkers see them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
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
from connectrpc.request import RequestContext

import ameide_sdk
from ameide_sdk import AmeideError, DrainResult
from ameide_sdk.testing import memory_transport_sync


async def test_drain_of_an_async_client() -> None:
    client = ameide_sdk.connect(ThreadsServiceClient, "https://api.test", tenant="acme")
    draining = ameide_sdk.drain(client, timeout=1)
    with pytest.raises(AmeideError) as caught:
        await client.get_thread(GetThreadRequest(thread_id="t1"))
    assert caught.value.reason == "CLIENT_CLOSED"
    result = await draining
    assert result.aborted == 0


def test_drain_outside_of_a_loop_begins_nothing() -> None:
    client: Any = ameide_sdk.connect(ThreadsServiceClient, "https://api.test", tenant="acme")
    with pytest.raises(RuntimeError, match="no running event loop"):
        client.drain()

    async def drain() -> DrainResult:
        result: DrainResult = await client.drain()
        return result

    assert asyncio.run(drain()).aborted == 0


def test_drain_of_a_sync_client() -> None:
    client = ameide_sdk.connect(ThreadsServiceClientSync, "https://api.test", tenant="acme")
    assert ameide_sdk.drain(client).aborted == 0
    with pytest.raises(AmeideError) as caught:
        client.get_thread(GetThreadRequest(thread_id="t1"))
    assert caught.value.reason == "CLIENT_CLOSED"


def test_another_client_is_refused() -> None:
    stranger = ThreadsServiceClientSync("https://api.test")
    with pytest.raises(AmeideError, match=r"option client: must be one that connect\(\) made"):
        ameide_sdk.drain(stranger)


def test_rpcs_that_are_named_like_a_method_of_clients() -> None:
    generated = ThreadsServiceClientSync.get_thread
    names = ("close", "derive", "drain", "explain", "settings", "with_options")
    stub: Any = type(
        "ThreadsServiceClientSync",
        (ThreadsServiceClientSync,),
        {**dict.fromkeys(names, generated), "__module__": ThreadsServiceClientSync.__module__},
    )
    asked: list[str] = []

    class Threads(ThreadsServiceSync):
        def get_thread(
            self, request: GetThreadRequest, _ctx: RequestContext[Any, Any]
        ) -> GetThreadResponse:
            asked.append(request.thread_id)
            return GetThreadResponse(thread=Thread(id=request.thread_id))

    transport = memory_transport_sync(ThreadsServiceWSGIApplication(Threads()))
    options: Any = {"base_url": "https://api.test", "tenant": "acme", "transport": transport}
    with ameide_sdk.connect(stub, **options) as client:
        for name in names:
            assert getattr(client, name)(GetThreadRequest(thread_id=name)).thread.id == name
        assert asked == list(names)
        # They are functions, too.
        other = ameide_sdk.with_options(client, tenant="umbrella")
        assert ameide_sdk.explain(other, other.get_thread).method.endswith("/GetThread")
        assert ameide_sdk.derive(client, timeout=1).close(GetThreadRequest(thread_id="d"))
    with pytest.raises(AmeideError) as caught:
        client.get_thread(GetThreadRequest(thread_id="t1"))
    assert caught.value.reason == "CLIENT_CLOSED"


async def test_rpcs_that_are_named_like_a_method_of_async_clients() -> None:
    generated = ThreadsServiceClient.get_thread
    stub: Any = type("ThreadsServiceClient", (ThreadsServiceClient,), {"close": generated})
    async with ameide_sdk.connect(stub, "https://api.test", tenant="acme") as client:
        result = await ameide_sdk.drain(client, timeout=1)
        assert result.aborted == 0
    with pytest.raises(AmeideError) as caught:
        await client.close(GetThreadRequest(thread_id="t1"))
    assert caught.value.reason == "CLIENT_CLOSED"
