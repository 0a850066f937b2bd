"""Where credentials went in a test."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from ameide_sdk._internal.runtime.check_test_options import TestRule, check_test_value

if TYPE_CHECKING:
    from pyqwest import Request, Response, SyncRequest, SyncResponse, SyncTransport, Transport

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class WatchedRequest:
    """Request that a transport was given.

    Attributes:
        headers: Names and values, a name with several values several times.
    """

    url: str
    method: str
    headers: tuple[tuple[str, str], ...]


class CredentialWatch:
    """Transport around another, for the option `transport`, that keeps what it was given.

    Attributes:
        requests: The requests so far.
    """

    def __init__(
        self, transport: Transport | SyncTransport, home: str | None, secrets: Sequence[str]
    ) -> None:
        """Watches a transport; `watch_credentials` checks the arguments."""
        self.requests: list[WatchedRequest] = []
        self._transport = transport
        self._home = home
        self._secrets = tuple(secrets)

    def execute(self, request: Request) -> Awaitable[Response]:
        """Keeps a request of an async client and hands it on."""
        self._keep(request)
        return self._transport.execute(request)  # type: ignore[union-attr]

    def execute_sync(self, request: SyncRequest) -> SyncResponse:
        """Keeps a request of a sync client and hands it on."""
        self._keep(request)
        return self._transport.execute_sync(request)  # type: ignore[union-attr]

    def assert_none_left(self) -> None:
        """Asserts that no secret went to another origin.

        Raises:
            AssertionError: One did; the header is named, never its value.
        """
        for request in self.requests:
            origin = _origin_of(request.url)
            for name, value in request.headers:
                if origin != self._home and any(secret in value for secret in self._secrets):
                    raise AssertionError(f"the header {name} went to {origin}")

    def _keep(self, request: Request | SyncRequest) -> None:
        headers = tuple(request.headers.items())
        self.requests.append(WatchedRequest(request.url, request.method, headers))


def watch_credentials(
    transport: Transport | SyncTransport, origin: str, secrets: Sequence[str]
) -> CredentialWatch:
    """Wraps a transport so that a test can assert that no credential left its origin.

    Args:
        transport: Transport of pyqwest, for an async or a sync client.
        origin: Origin that the credentials are meant for, as an address.
        secrets: Values that must reach no other origin: tokens, keys, tenants.

    Returns:
        The transport to give to the client.

    Raises:
        AmeideError: CONFIG_INVALID naming the argument and the rule.
    """
    check_test_value("transport", transport, _A_TRANSPORT)
    check_test_value("origin", origin, _AN_ADDRESS)
    check_test_value("secrets", secrets, _SECRETS)
    return CredentialWatch(transport, _origin_of(origin), secrets)


def _origin_of(address: object) -> str | None:
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"


_A_TRANSPORT = TestRule(
    "must be a transport of pyqwest",
    lambda value: hasattr(value, "execute") or hasattr(value, "execute_sync"),
)

_AN_ADDRESS = TestRule(
    "must be an address, for instance https://api.example.com",
    lambda value: _origin_of(value) is not None,
)

# An empty text is contained in every header.
_SECRETS = TestRule(
    "must be a list of texts that are not empty",
    lambda value: (
        isinstance(value, list | tuple)
        and all(isinstance(each, str) and each for each in cast("Sequence[object]", value))
    ),
)
