"""Connections to one origin, which pyqwest makes."""

from __future__ import annotations

import atexit
import ipaddress
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict
from urllib.parse import urlsplit

from pyqwest import (
    HTTPTransport,
    HTTPVersion,
    Proxy,
    SyncHTTPTransport,
    SyncTransport,
    Transport,
)

from ameide_sdk._internal.config.config import ClientConfig
from ameide_sdk._internal.config.explain import ExplainedValue
from ameide_sdk._internal.http.connection_settings import ConnectionSettings, connection_settings
from ameide_sdk._internal.http.full_pool import FullPool, Warn
from ameide_sdk._internal.http.slots import Slots
from ameide_sdk._internal.http.tls_failures import NO_VERSION, in_words
from ameide_sdk._internal.telemetry.log import warn
from ameide_sdk._internal.wire.connection_pools import ConnectionPools, Pool, Slot
from ameide_sdk._internal.wire.session import Session
from ameide_sdk._internal.wire.unstreamable import unstreamable

_VERSIONS = {"1.1": HTTPVersion.HTTP1, "2": HTTPVersion.HTTP2, "negotiated": None}


class ClientConnections:
    """Connections of a client family, to its origins."""

    def __init__(self, *, is_async: bool) -> None:
        """Begins with none."""
        self._is_async = is_async
        self._pools = ConnectionPools()
        self._process = os.getpid()
        _unclosed.add(self)

    def of_client(self, config: ClientConfig) -> OriginConnections:
        """Returns the connections that a client uses.

        Raises:
            AmeideError: CONFIG_INVALID naming the option and the rule.
        """
        transport = config.options.get("transport")
        if transport is not None:
            pool = UserTransport(transport, is_async=self._is_async)
            return OriginConnections(lambda: pool, {})
        settings = connection_settings(config)
        logger = config.options.get("logger")
        told = None if logger is None else partial(warn, logger)
        connect = partial(Connections, settings, is_async=self._is_async, warn=told)
        get = partial(self._pools.get, settings, connect)
        return OriginConnections(get, settings.explained(config))

    def close(self) -> None:
        """Ends all connections; those with a request end with it."""
        self._pools.close()

    def close_at_exit(self) -> None:
        """Does the same, but in a process that was forked from the one that made them."""
        if self._process == os.getpid():
            self.close()


# pyqwest 0.12 now and then aborts a process that ends with open connections over HTTP/2.
_unclosed: weakref.WeakSet[ClientConnections] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for connections in tuple(_unclosed):
        connections.close_at_exit()


@dataclass(frozen=True, slots=True)
class OriginConnections:
    """Connections of a client.

    Attributes:
        pool: Returns them. They are made at the first call: a client that makes none holds none.
        explained: Entries for `explain`.
    """

    pool: Callable[[], Pool]
    explained: Mapping[str, ExplainedValue]


class Connections(Pool):
    """A pool of connections. It follows no redirects, and knows no cookies.

    Of a connection pyqwest tells neither whether it is alive nor which request is on it. So those
    in doubt are given up together: later requests go over a new session, and what is under way ends
    where it is.
    """

    def __init__(
        self, settings: ConnectionSettings, *, is_async: bool, warn: Warn | None = None
    ) -> None:
        """Makes no connection yet.

        Args:
            settings: What they are made with.
            is_async: True if async clients use them.
            warn: Is told when all are in use.
        """
        self._settings = settings
        self._is_async = is_async
        self._lock = threading.Lock()
        self._http2: Connections | None = None
        self._session = self._open()
        self._is_http1 = settings.http_version == "1.1"
        self._slots: Slots | None = None
        self._full: FullPool | None = None
        if self._is_http1:
            number = settings.max_connections
            self._slots = Slots(number)
            if warn is not None:
                self._full = FullPool(settings.origin, number, self._slots, warn)
        self.is_own = True
        self.peer = None if settings.proxy is not None else _address_of(settings.origin)
        self.resends = not self._is_http1

    def enter(self) -> Session:
        """Returns the connections that take requests now, for one."""
        with self._lock:
            self._session.requests += 1
            return self._session

    def leave(self, session: Session) -> None:
        """Is told that the request is over."""
        with self._lock:
            session.requests -= 1
            is_last = session.given_up and session.requests == 0
        if is_last:
            session.close()

    def take(self, wake: Callable[[], None]) -> Slot | None:
        """Takes a connection of HTTP/1.1, or a place in the queue for one."""
        if self._slots is None:
            return None
        slot = self._slots.take(wake)
        if not slot.granted and self._full is not None:
            self._full.tell()
        return slot

    def broke(self, session: Session) -> None:
        """Puts connections in doubt after one of them was lost."""
        with self._lock:
            if session.given_up:
                return
            session.given_up = True
            self._session = self._open()
            is_unused = session.requests == 0
        if is_unused:
            session.close()

    def timed_out(self, session: Session, since_ms: float, *, answered: bool) -> None:
        """Puts connections in doubt after a limit of time has ended a request on one of them.

        Over HTTP/1.1 that says much of the others where no answer had begun; over HTTP/2 they are
        mostly one, and in doubt if nothing has come on it since then.
        """
        is_alive = answered if self._is_http1 else session.heard_ms >= since_ms
        if not is_alive:
            self.broke(session)

    def both_ways(self) -> Pool:
        """Returns the connections for requests that stream both ways.

        Only once a request is sent does pyqwest know which version a server has chosen, so these
        offer no other than HTTP/2.
        """
        if self._settings.http_version != "negotiated":
            return self
        with self._lock:
            if self._http2 is None:
                self._http2 = _BothWays(
                    replace(self._settings, http_version="2"), is_async=self._is_async
                )
            return self._http2

    def explain(self, error: Exception) -> Exception:
        """Returns a failure in words that say what to do, or the failure itself."""
        settings = self._settings
        return in_words(
            error,
            advice=_advice(settings),
            is_secure=settings.origin.startswith("https:"),
            connect_timeout_ms=settings.connect_timeout_ms,
        )

    def close(self) -> None:
        """Ends the connections that have no request; those with one end with it."""
        if self._http2 is not None:
            self._http2.close()
        self._session.close()

    def _open(self) -> Session:
        make = HTTPTransport if self._is_async else SyncHTTPTransport
        transport = make(**_transport_options(self._settings))
        return Session(transport, is_async=self._is_async)


class _BothWays(Connections):
    def explain(self, error: Exception) -> Exception:
        if NO_VERSION in str(error):
            return unstreamable("the server speaks HTTP/1.1 only, which cannot stream both ways")
        return super().explain(error)


class UserTransport(Pool):
    """The HTTP transport of a user, who also closes it."""

    def __init__(self, transport: Transport | SyncTransport, *, is_async: bool) -> None:
        """Takes a transport of the kind of the client."""
        self._session = Session(transport, is_async=is_async)
        self.is_own = False
        self.peer: tuple[str, int] | None = None
        # pyqwest may be behind it.
        self.resends = True

    def enter(self) -> Session:
        """Returns the one there is."""
        return self._session

    def leave(self, session: Session) -> None:
        """Does nothing."""

    def take(self, wake: Callable[[], None]) -> Slot | None:
        """Returns None: the user's transport has its own bounds."""

    def broke(self, session: Session) -> None:
        """Does nothing: the user's transport knows its connections."""

    def timed_out(self, session: Session, since_ms: float, *, answered: bool) -> None:
        """Does nothing."""

    def both_ways(self) -> Pool:
        """Returns itself."""
        return self

    def explain(self, error: Exception) -> Exception:
        """Returns the failure itself."""
        return error

    def close(self) -> None:
        """Does nothing."""


class _TransportOptions(TypedDict):
    tls_ca_cert: bytes | None
    tls_include_system_certs: bool
    tls_key: bytes | None
    tls_cert: bytes | None
    http_version: HTTPVersion | None
    proxy: Proxy
    connect_timeout: float
    pool_max_idle_per_host: int
    max_connections_per_address: int
    enable_gzip: bool
    enable_brotli: bool
    enable_zstd: bool
    enable_cookie_store: bool
    follow_redirects: bool
    enable_otel: bool


def _transport_options(settings: ConnectionSettings) -> _TransportOptions:
    tls = settings.tls
    return _TransportOptions(
        tls_ca_cert=tls.ca,
        tls_include_system_certs=tls.ca is None and _has_tls(settings),
        tls_key=tls.key,
        tls_cert=tls.certificate,
        http_version=_VERSIONS[settings.http_version],
        proxy=_proxy(settings),
        connect_timeout=settings.connect_timeout_ms / 1_000,
        pool_max_idle_per_host=settings.max_connections,
        max_connections_per_address=(
            settings.max_http2_connections
            if settings.http_version == "2"
            else settings.max_connections
        ),
        # Answers are decompressed with a limit, and only where it was asked for.
        enable_gzip=False,
        enable_brotli=False,
        enable_zstd=False,
        enable_cookie_store=False,
        follow_redirects=False,
        # The SDK has spans of its own.
        enable_otel=False,
    )


# The system's certificates take tens of milliseconds to read.
def _has_tls(settings: ConnectionSettings) -> bool:
    proxy = settings.proxy
    addresses = (settings.origin, "" if proxy is None else proxy.url)
    return any(each.startswith("https:") for each in addresses)


def _proxy(settings: ConnectionSettings) -> Proxy:
    proxy = settings.proxy
    if proxy is not None:
        return Proxy(proxy.url, auth=proxy.credential)
    # An empty list of proxies means those of the environment; this one is for no request.
    return Proxy(
        "http://localhost", scheme="http" if settings.origin.startswith("https:") else "https"
    )


# pyqwest does not tell which address of a name it has connected to.
def _address_of(origin: str) -> tuple[str, int] | None:
    target = urlsplit(origin)
    host = target.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return host, target.port or (443 if target.scheme == "https" else 80)


def _advice(settings: ConnectionSettings) -> str:
    if settings.is_grpc:
        return "HTTP/2, which gRPC needs; take protocol connect or grpc-web"
    if settings.http_version == "negotiated":
        return "HTTP"
    return f"HTTP/{settings.http_version}, as http_version asks; leave the option out"
