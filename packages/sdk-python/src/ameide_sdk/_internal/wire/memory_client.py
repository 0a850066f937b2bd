"""HTTP transports that call handlers in this process: no socket, no port."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectrpc.server import ConnectASGIApplication, ConnectWSGIApplication
from pyqwest import (
    Headers,
    Request,
    Response,
    SyncRequest,
    SyncResponse,
    SyncTransport,
    Transport,
)
from pyqwest.testing import ASGITransport, WSGITransport

from ameide_sdk._internal.policy.deadline import TIMEOUT_HEADERS
from ameide_sdk._internal.runtime.check_test_options import TestRule, check_test_value

# Servers would time by the machine's clock, which the client's own limit makes unnecessary, and
# compress what pyqwest's transports hand on decompressed, by the name of what it was.
_LEFT_OUT = (*TIMEOUT_HEADERS, "accept-encoding")


def memory_transport(*applications: ConnectASGIApplication[Any]) -> Transport:
    """Returns a transport to async handlers in this process, for the option `transport`.

    `base_url` may be any https address. Handlers are told no deadline: the client's own limit ends
    a call.

    Args:
        applications: Generated applications around the handlers.

    Raises:
        AmeideError: CONFIG_INVALID, for anything else.
    """
    _check(applications, ConnectASGIApplication)
    return _Memory({each.path: ASGITransport(each) for each in applications})


def memory_transport_sync(*applications: ConnectWSGIApplication) -> SyncTransport:
    """Returns a transport to sync handlers in this process, for the option `transport`.

    `base_url` may be any https address. Handlers are told no deadline: the client's own limit ends
    a call.

    Args:
        applications: Generated applications around the handlers.

    Raises:
        AmeideError: CONFIG_INVALID, for anything else.
    """
    _check(applications, ConnectWSGIApplication)
    return _SyncMemory({each.path: WSGITransport(each) for each in applications})


class _Memory(Transport):
    def __init__(self, services: dict[str, ASGITransport]) -> None:
        self._services = services

    async def execute(self, request: Request) -> Response:
        service = self._services.get(_service_of(request.url))
        if service is None:
            return Response(status=404)
        headers = _headers_of(request.headers)
        return await service.execute(Request(request.method, request.url, headers, request.content))


class _SyncMemory(SyncTransport):
    def __init__(self, services: dict[str, WSGITransport]) -> None:
        self._services = services

    def execute_sync(self, request: SyncRequest) -> SyncResponse:
        service = self._services.get(_service_of(request.url))
        if service is None:
            return SyncResponse(status=404)
        headers = _headers_of(request.headers)
        return service.execute_sync(
            SyncRequest(request.method, request.url, headers, request.content)
        )


def _service_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[0]


def _headers_of(headers: Headers) -> Headers:
    return Headers([each for each in headers.items() if each[0] not in _LEFT_OUT])


def _check(applications: tuple[object, ...], kind: type) -> None:
    rule = TestRule(
        f"must be a {kind.__name__} that was generated", lambda value: isinstance(value, kind)
    )
    for each in applications:
        check_test_value("applications", each, rule)
