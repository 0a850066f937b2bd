"""Connections that one HTTP client of pyqwest keeps, and what was heard on them."""

from __future__ import annotations

import math

from pyqwest import (
    Client,
    HTTPTransport,
    SyncClient,
    SyncHTTPTransport,
    SyncTransport,
    Transport,
)


class Session:
    """Connections to one origin that may be given up together.

    Attributes:
        client: The HTTP client over them.
        transport: What the client sends by.
        heard_ms: Time at which anything last came on one of them.
        requests: Number of requests under way.
        given_up: True once it takes no more.
    """

    __slots__ = ("client", "given_up", "heard_ms", "requests", "transport")

    def __init__(
        self,
        transport: HTTPTransport | SyncHTTPTransport | Transport | SyncTransport,
        *,
        is_async: bool,
    ) -> None:
        """Takes the transport that makes them."""
        self.transport = transport
        self.client: Client | SyncClient
        if is_async:
            self.client = Client(transport)  # type: ignore[arg-type]
        else:
            self.client = SyncClient(transport)  # type: ignore[arg-type]
        self.heard_ms = -math.inf
        self.requests = 0
        self.given_up = False

    def close(self) -> None:
        """Ends the connections that have no request; those with one end with it."""
        if isinstance(self.transport, HTTPTransport):
            # It is closed when this returns; nothing has to be awaited.
            self.transport.aclose()
        elif isinstance(self.transport, SyncHTTPTransport):
            self.transport.close()
