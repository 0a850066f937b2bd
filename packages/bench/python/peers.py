"""What others use for the same call on loopback, with the messages of the bare client.

httpx over HTTP/1.1 makes the request that Connect makes; grpcio speaks gRPC over HTTP/2.
"""

from __future__ import annotations

import grpc
import grpc.aio
import httpx
from ameide_core_proto.ameide.meter.v1.meter_pb import RecordUsageRequest, RecordUsageResponse
from runs import Run, awaiting, blocking, loop

_METHOD = "/ameide.meter.v1.MeterService/RecordUsage"
_HEADERS = {"content-type": "application/proto", "connect-protocol-version": "1"}


def httpx_sync(address: str) -> Run:
    """Makes a sync client of httpx that calls the server at an address."""
    client = httpx.Client(base_url=address, headers=_HEADERS, trust_env=False)

    def call(request: RecordUsageRequest) -> RecordUsageResponse:
        return _read(client.post(_METHOD, content=request.to_binary()))

    return blocking(call)


def httpx_async(address: str) -> Run:
    """Makes an async client, as `httpx_sync`."""
    client = httpx.AsyncClient(base_url=address, headers=_HEADERS, trust_env=False)

    async def call(request: RecordUsageRequest) -> RecordUsageResponse:
        return _read(await client.post(_METHOD, content=request.to_binary()))

    return awaiting(call)


def grpcio_sync(address: str) -> Run:
    """Makes a sync client of grpcio that calls the server at an address."""
    channel = grpc.insecure_channel(address.removeprefix("http://"))
    return blocking(
        channel.unary_unary(
            _METHOD,
            request_serializer=RecordUsageRequest.to_binary,
            response_deserializer=RecordUsageResponse.from_binary,
        )
    )


def grpcio_async(address: str) -> Run:
    """Makes an async client, as `grpcio_sync`."""

    async def open_channel() -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(address.removeprefix("http://"))

    channel = loop.run_until_complete(open_channel())
    return awaiting(
        channel.unary_unary(
            _METHOD,
            request_serializer=RecordUsageRequest.to_binary,
            response_deserializer=RecordUsageResponse.from_binary,
        )
    )


def _read(response: httpx.Response) -> RecordUsageResponse:
    response.raise_for_status()
    return RecordUsageResponse.from_binary(response.content)
