"""Transports to handlers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ameide_conformance_proto.ameide.conformance.v1.service_connect import (
    ConformanceService,
    ConformanceServiceASGIApplication,
    ConformanceServiceClient,
    ConformanceServiceClientSync,
    ConformanceServiceSync,
    ConformanceServiceWSGIApplication,
)
from ameide_conformance_proto.ameide.conformance.v1.service_pb import (
    ConformanceRequest,
    ConformanceResponse,
)

from ameide_sdk import AmeideError, connect
from ameide_sdk._internal.policy.policy import Protocol
from ameide_sdk._internal.wire.memory_client import memory_transport, memory_transport_sync

_HI = ConformanceRequest(text="hi")
_PROTOCOLS = ("connect", "grpc", "grpc-web")


class _Service(ConformanceService):
    async def idempotent(self, request: ConformanceRequest, ctx: Any, /) -> ConformanceResponse:
        if request.text == "slow":
            await asyncio.sleep(60)
        return ConformanceResponse(text=f"{request.text} {ctx.timeout_ms}")

    async def server_stream_idempotent(
        self, request: ConformanceRequest, _ctx: Any, /
    ) -> AsyncIterator[ConformanceResponse]:
        for each in request.text:
            yield ConformanceResponse(text=each)


class _SyncService(ConformanceServiceSync):
    def idempotent(self, request: ConformanceRequest, ctx: Any, /) -> ConformanceResponse:
        return ConformanceResponse(text=f"{request.text} {ctx.timeout_ms}")

    def server_stream_idempotent(
        self, request: ConformanceRequest, _ctx: Any, /
    ) -> Iterator[ConformanceResponse]:
        for each in request.text:
            yield ConformanceResponse(text=each)


@pytest.mark.parametrize("protocol", _PROTOCOLS)
async def test_async_handlers(protocol: Protocol) -> None:
    client: Any = connect(
        ConformanceServiceClient,
        base_url="https://memory.test",
        transport=memory_transport(ConformanceServiceASGIApplication(_Service())),
        protocol=protocol,
        compression={"send": "gzip", "accept": "gzip"},
    )
    assert (await client.idempotent(_HI)).text == "hi None"
    messages = [each.text async for each in client.server_stream_idempotent(_HI)]
    assert messages == ["h", "i"]
    with pytest.raises(AmeideError) as late:
        await client.with_options(timeout=0.1).idempotent(ConformanceRequest(text="slow"))
    assert (late.value.origin, late.value.stop_reason) == ("client", "deadline")
    await client.close()


@pytest.mark.parametrize("protocol", _PROTOCOLS)
def test_sync_handlers(protocol: Protocol) -> None:
    client = connect(
        ConformanceServiceClientSync,
        base_url="https://memory.test",
        transport=memory_transport_sync(ConformanceServiceWSGIApplication(_SyncService())),
        protocol=protocol,
    )
    assert client.idempotent(_HI).text == "hi None"
    assert [each.text for each in client.server_stream_idempotent(_HI)] == ["h", "i"]
    client.close()


async def test_a_service_that_is_not_there() -> None:
    client = connect(
        ConformanceServiceClient, base_url="https://memory.test", transport=memory_transport()
    )
    with pytest.raises(AmeideError, match=r"HTTP 404 from https://memory\.test/"):
        await client.idempotent(_HI)
    await client.close()


def test_applications_of_another_kind() -> None:
    application: Any = ConformanceServiceWSGIApplication(_SyncService())
    with pytest.raises(AmeideError, match="applications: must be a ConnectASGIApplication"):
        memory_transport(application)
