"""The methods of clients as functions, as type checkers see them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest

import ameide_sdk
from ameide_sdk import AmeideError, DrainResult


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
