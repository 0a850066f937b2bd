"""What is compared: calls of one unary method, through the bare client of Connect and the SDK.

Of each there are a sync and an async one, in memory and on loopback.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from ameide_core_proto.ameide.meter.v1.meter_connect import (
    MeterServiceClient,
    MeterServiceClientSync,
)
from ameide_core_proto.ameide.meter.v1.meter_pb import (
    RecordUsageRequest,
    RecordUsageResponse,
    UsageRecord,
)
from pyqwest import (
    Client,
    Headers,
    HTTPTransport,
    HTTPVersion,
    Request,
    Response,
    SyncClient,
    SyncHTTPTransport,
    SyncRequest,
    SyncResponse,
    SyncTransport,
    Transport,
)

import ameide_sdk
from ameide_sdk import AccessToken, TokenRequest

Run: TypeAlias = Callable[[int], float]
"""Makes that many calls, and returns how many seconds they took."""

Version: TypeAlias = Literal["1.1", "2"]

_CANNED_URL = "https://bench.example"
_VERSIONS = {"1.1": HTTPVersion.HTTP1, "2": HTTPVersion.HTTP2}
_HEADERS = (("content-type", "application/proto"),)


def _usage() -> RecordUsageRequest:
    return RecordUsageRequest(team_id="search", agent_id="a1", event_type="completion", model="m1")


_ANSWER = RecordUsageResponse(record=UsageRecord(id="r1", usage=_usage())).to_binary()


class _Canned(Transport):
    """Answers with canned bytes, and does as little as an HTTP client can."""

    async def execute(self, request: Request) -> Response:
        """Takes the request's body."""
        if not isinstance(request.content, bytes):
            async for _ in request.content:
                pass
        return Response(status=200, headers=Headers(_HEADERS), content=_ANSWER)


class _CannedSync(SyncTransport):
    """Answers with canned bytes, and does as little as an HTTP client can."""

    def execute_sync(self, request: SyncRequest) -> SyncResponse:
        """Takes the request's body."""
        if not isinstance(request.content, bytes):
            for _ in request.content:
                pass
        return SyncResponse(status=200, headers=Headers(_HEADERS), content=_ANSWER)


# As the SDK, the bare client asks for no compression, and sends none.
_UNCOMPRESSED: dict[str, Any] = {"accept_compression": [], "send_compression": None}


def bare_async(address: str | None, version: Version) -> Run:
    """Makes the bare async client.

    Args:
        address: Of the server; None in memory.
        version: Of HTTP.
    """
    http = _Canned() if address is None else HTTPTransport(**_bare_connections(version))
    url = address or _CANNED_URL
    return _asyncio(MeterServiceClient(url, http_client=Client(http), **_UNCOMPRESSED))


def bare_sync(address: str | None, version: Version) -> Run:
    """Makes the bare sync client, as `bare_async`."""
    http = _CannedSync() if address is None else SyncHTTPTransport(**_bare_connections(version))
    url = address or _CANNED_URL
    return _blocking(MeterServiceClientSync(url, http_client=SyncClient(http), **_UNCOMPRESSED))


def sdk_async(address: str | None, version: Version) -> Run:
    """Makes the async SDK with every policy at work, as `bare_async`."""

    async def provider(_request: TokenRequest) -> AccessToken:
        return _token()

    canned = _Canned() if address is None else None
    options = _all_policies(address, version, provider, canned)
    return _asyncio(ameide_sdk.connect(MeterServiceClient, **options))


def sdk_sync(address: str | None, version: Version) -> Run:
    """Makes the sync SDK with every policy at work, as `bare_async`."""
    canned = _CannedSync() if address is None else None
    options = _all_policies(address, version, lambda _: _token(), canned)
    return _blocking(ameide_sdk.connect(MeterServiceClientSync, **options))


# A token from a provider, a tenant, ids, an idempotency key, both timeouts, retries, and telemetry
# over OpenTelemetry's API, in which nobody has registered anything.
def _all_policies(
    address: str | None, version: Version, provider: object, transport: object
) -> dict[str, Any]:
    options: dict[str, Any] = {
        "base_url": address or _CANNED_URL,
        "tenant": "acme",
        "auth": {"provider": provider},
    }
    if address is None:
        return {**options, "transport": transport}
    return {**options, "allow_insecure_loopback": True, "http_version": version}


def _bare_connections(version: Version) -> dict[str, Any]:
    return {
        "http_version": _VERSIONS[version],
        "follow_redirects": False,
        "enable_otel": False,
    }


def _token() -> AccessToken:
    return AccessToken("token-of-the-bench", time.time() + 86_400)


# All runs of a process are in one loop: an async client keeps connections of its own loop.
_loop = asyncio.new_event_loop()


def _asyncio(client: MeterServiceClient) -> Run:
    async def calls(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            await client.record_usage(_usage())
        return time.perf_counter() - started

    def run(count: int) -> float:
        return _loop.run_until_complete(calls(count))

    return run


def _blocking(client: MeterServiceClientSync) -> Run:
    def run(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            client.record_usage(_usage())
        return time.perf_counter() - started

    return run
