"""What is compared: calls of one unary method, through the bare client of Connect and the SDK.

Of each there are a sync and an async one, in memory and on loopback.
"""

from __future__ import annotations

import time
from typing import Any, Literal, TypeAlias

from ameide_core_proto.ameide.meter.v1.meter_connect import (
    MeterServiceClient,
    MeterServiceClientSync,
)
from ameide_core_proto.ameide.meter.v1.meter_pb import RecordUsageResponse, UsageRecord
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
from runs import Run, awaiting, blocking, usage

import ameide_sdk
from ameide_sdk import AccessToken, TokenRequest

Version: TypeAlias = Literal["1.1", "2"]

_CANNED_URL = "https://bench.example"
_VERSIONS = {"1.1": HTTPVersion.HTTP1, "2": HTTPVersion.HTTP2}
_HEADERS = (("content-type", "application/proto"),)


_ANSWER = RecordUsageResponse(record=UsageRecord(id="r1", usage=usage())).to_binary()


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
    client = MeterServiceClient(url, http_client=Client(http), **_UNCOMPRESSED)
    return awaiting(client.record_usage)


def bare_sync(address: str | None, version: Version) -> Run:
    """Makes the bare sync client, as `bare_async`."""
    http = _CannedSync() if address is None else SyncHTTPTransport(**_bare_connections(version))
    url = address or _CANNED_URL
    client = MeterServiceClientSync(url, http_client=SyncClient(http), **_UNCOMPRESSED)
    return blocking(client.record_usage)


def sdk_async(address: str | None, version: Version) -> Run:
    """Makes the async SDK with every policy at work, as `bare_async`."""

    async def provider(_request: TokenRequest) -> AccessToken:
        return _token()

    canned = _Canned() if address is None else None
    options = _all_policies(address, version, provider, canned)
    return awaiting(ameide_sdk.connect(MeterServiceClient, **options).record_usage)


def sdk_sync(address: str | None, version: Version) -> Run:
    """Makes the sync SDK with every policy at work, as `bare_async`."""
    canned = _CannedSync() if address is None else None
    options = _all_policies(address, version, lambda _: _token(), canned)
    return blocking(ameide_sdk.connect(MeterServiceClientSync, **options).record_usage)


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
