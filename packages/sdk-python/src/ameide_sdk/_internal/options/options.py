"""What users set: options of clients, of their methods, and of single calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, TypeGuard

from ameide_core_proto.ameide.policy.v1.policy_pb import ClientPolicy
from connectrpc.interceptor import (
    BidiStreamInterceptor,
    BidiStreamInterceptorSync,
    ClientStreamInterceptor,
    ClientStreamInterceptorSync,
    MetadataInterceptor,
    MetadataInterceptorSync,
    ServerStreamInterceptor,
    ServerStreamInterceptorSync,
    UnaryInterceptor,
    UnaryInterceptorSync,
)
from protobuf import Registry
from pyqwest import SyncTransport, Transport

from ameide_sdk._internal.auth.auth import Auth
from ameide_sdk._internal.policy.policy import Preset
from ameide_sdk._internal.policy.policy import Protocol as WireProtocol
from ameide_sdk._internal.policy.policy_table import MAX_SAFE_INTEGER
from ameide_sdk._internal.telemetry.log import LogLevel
from ameide_sdk._internal.telemetry.observer import Observer
from ameide_sdk._internal.telemetry.telemetry import Telemetry

Duration: TypeAlias = float | timedelta
"""Seconds, or a `timedelta`."""


class RetryOptions(TypedDict, total=False):
    """When and how failed attempts are retried. Delays are whole milliseconds."""

    max_attempts: int
    """Attempts of one call, the first included, 1 to 5. Default 3."""
    base_delay: Duration
    """Base of the exponential backoff in seconds, at least 0.001. Default 0.05."""
    throttle_delay: Duration
    """Base of the backoff after a throttle in seconds, at least 0.001. Default 1."""
    max_delay: Duration
    """Cap of the computed backoff in seconds, at least 0.001. Default 20."""
    max_server_delay: Duration
    """Longest wait a server may ask for in seconds, at least 0.001. Default 60."""
    retryable_codes: Sequence[str]
    """Codes retried beyond the standard ones, in Connect's spelling (`aborted`). Default none."""
    require_idempotency: bool
    """Retry only with proof: a method that states no idempotency level and carries no key is
    repeated only if nothing was sent. A server cannot ask for more, and a refused token is not
    followed by a replay. Default false."""


class BudgetOptions(TypedDict, total=False):
    """The retry budget of a client, shared by all clients derived from it."""

    capacity: int
    """Initial and maximum number of tokens, 1 to 10000. Default 500."""
    cost: int
    """Cost of a retry, 1 to 10000. Default 14."""
    throttle_cost: int
    """Cost of a retry after a throttle, and of the transparent retry, 1 to 10000. Default 5."""


class AmbientDeadline(Protocol):
    """Source of the deadline of the request being served: Connect's `RequestContext` is one."""

    @property
    def timeout_ms(self) -> float | None:
        """Milliseconds left; None for no deadline."""
        ...


DeadlineSource: TypeAlias = AmbientDeadline | Callable[[], AmbientDeadline | None]
"""The request being served, or a function that returns it."""


class CommonSettings(TypedDict, total=False):
    """Settings that a client, its methods and a single call accept."""

    auth: Auth | None
    """Authentication of calls; None sends no credential. Default None."""
    tenant: str | None
    """Tenant; None sends none. Default None."""
    timeout: Duration
    """Overall deadline of a call in seconds, greater than 0. Default 30 for unary calls, none for
    streams."""
    no_deadline: bool
    """True for no overall deadline. Excludes `timeout`. Default false."""
    attempt_timeout: Duration
    """Longest time of one attempt of a unary call while another may follow, in seconds, greater
    than 0. Default 10."""
    first_message_timeout: Duration
    """Longest wait for the first message of a server stream, for each attempt, in seconds, greater
    than 0. Default 30; none if the proto says `long_lived`."""
    idle_timeout: Duration
    """Longest wait for each further message of a server or bidi stream, in seconds, greater than 0.
    Default 60; none if the proto says `long_lived`."""
    retry: Literal[False] | RetryOptions
    """When and how failed attempts are retried; False for never."""
    wait_for_ready: bool
    """True to go on until the deadline, even beyond `max_attempts`, while nothing of a call was
    sent, because there is no connection or the server refuses before it reads. A call without a
    deadline goes on until it is canceled. Without effect if `retry` is False. Default false, or
    `wait_for_ready` of the proto. The term is gRPC's."""
    headers: Mapping[str, str]
    """Extra headers. Names of the SDK, the protocol or the connection are refused. Default none."""
    deadline_from: DeadlineSource
    """Deadline of the request being served; the call's own ends 5 ms earlier. A value other than
    milliseconds, infinity or None fails the call with CONFIG_INVALID."""


class Settings(CommonSettings, total=False):
    """Settings of a client or of some of its methods."""

    idempotency_key: Literal["auto", "off"]
    """`auto` attaches an idempotency key if the proto of the method asks for one; `off` attaches
    none. Default `auto`."""


class CallSettings(CommonSettings, total=False):
    """Settings of a single call, for `with_options`."""

    request_id: str
    """The caller's own request id: 1 to 128 visible ASCII. Default a new UUIDv7."""
    idempotency_key: str
    """`auto`, `off`, or the caller's own key: 1 to 255 printable ASCII. Default `auto`."""


class DrainOptions(TypedDict, total=False):
    """Options of draining a client."""

    timeout: Duration
    """Longest wait for calls, in seconds, greater than 0; calls that have not ended by then are
    ended. Default 20, so that it is over before Kubernetes kills after 30."""


class HeaderNames(TypedDict, total=False):
    """Other names for the headers the SDK sends."""

    tenant: str
    """Default `x-tenant-id`."""
    request_id: str
    """Default `x-request-id`."""
    idempotency_key: str
    """Default `idempotency-key`."""


class TlsOptions(TypedDict, total=False):
    """TLS material, in PEM."""

    ca: str | bytes
    """Authorities to trust instead of the system's."""
    certificate: str | bytes
    """Client certificate chain."""
    key: str | bytes
    """Private key of the client certificate."""


Interceptor: TypeAlias = (
    UnaryInterceptor
    | ClientStreamInterceptor
    | ServerStreamInterceptor
    | BidiStreamInterceptor
    | MetadataInterceptor[Any]
)
"""An interceptor of connectrpc, of an async client."""

InterceptorSync: TypeAlias = (
    UnaryInterceptorSync
    | ClientStreamInterceptorSync
    | ServerStreamInterceptorSync
    | BidiStreamInterceptorSync
    | MetadataInterceptorSync[Any]
)
"""An interceptor of connectrpc, of a sync client."""

CompressionName: TypeAlias = Literal["none", "gzip", "br"]
"""Compression of messages. `br` is Brotli (RFC 7932), and needs the package `brotli`."""


class CompressionOptions(TypedDict, total=False):
    """Uses of compression."""

    send: CompressionName
    """Compression of requests. Default `none`."""
    accept: CompressionName
    """Compression of responses. Default `none`."""
    min_bytes: int
    """Smallest message that is compressed, in bytes, 0 to 4294967295. Default 1024."""


class ClientOptions(Settings, total=False):
    """Options of a client.

    Values that they leave open come, in this order, from the environment, the policy document, the
    options of the proto, the preset and the built-in defaults.
    """

    base_url: str
    """Address of the service: https, or http to a loopback address with `allow_insecure_loopback`
    or to a host of `allow_insecure_hosts`, spelled as it is used. A client derived for another
    origin must state `auth`, `tenant`, `headers` and `tls` again if its parent has them. Default
    `AMEIDE_BASE_URL`."""
    allow_insecure_loopback: bool
    """Allow plain http to localhost, 127.0.0.0/8 and ::1. Default false."""
    allow_insecure_hosts: Sequence[str]
    """Allow plain http to these hosts, on any port, including credentials: hosts whose sidecars or
    networks encrypt. Names and IP addresses as in the base address; `*.svc.cluster.local` is every
    name below that one, `*.` before fewer than two labels is refused. Default none."""
    environment_credentials: bool
    """Send `AMEIDE_TOKEN` and `AMEIDE_TENANT` to the base address that code names. Default false:
    they are only for the origin of `AMEIDE_BASE_URL`."""
    protocol: WireProtocol
    """Protocol on the wire. `grpc` needs HTTP/2. Default `connect`."""
    format: Literal["binary", "json"]
    """Encoding of messages. Default `binary`."""
    registry: Registry
    """Messages that may appear in a `google.protobuf.Any`, and extensions: JSON cannot be read or
    written without knowing them. Default the well-known types."""
    methods: Mapping[str, Settings]
    """Settings for a service (`acme.v1.Billing`) or method (`acme.v1.Billing/Charge`)."""
    budget: BudgetOptions
    """The retry budget."""
    interceptors: Sequence[Interceptor] | Sequence[InterceptorSync]
    """Interceptors of the user, run for every attempt, the first outermost. Default none."""
    compression: CompressionOptions
    """Compression. Default none."""
    http_version: Literal["1.1", "2"]
    """HTTP version. Default: over https the server's choice, `2` if it can (ALPN, RFC 7301); over
    http `1.1`. Always `2` for `grpc`."""
    connect_timeout: Duration
    """Longest time to establish a connection, including TLS, in seconds, greater than 0; a call
    that exceeds it has sent nothing. A call may give up earlier. Default 10."""
    max_connections: int
    """Maximum number of connections to an address of the origin, 1 to 65535. Further calls wait for
    one, within their deadlines. Over HTTP/1.1 a connection carries one call; HTTP/2 makes few.
    Default 256."""
    http_get: bool
    """Use GET for unary methods without side effects, if the address has at most 8000 characters
    and has not been refused as too long. `connect` only. Default false."""
    read_max_bytes: int
    """Largest message to receive, in bytes, 1 to 4294967295. Default 4 MiB."""
    header_names: HeaderNames
    """Other names for the SDK's headers."""
    preset: Preset
    """Behavior of the environment around the client. Default `standalone`. `mesh`: one attempt,
    since a proxy retries. It does not allow plain http; use `allow_insecure_hosts`."""
    mode: Literal["enforce", "observe"]
    """`observe`: evaluate the policy and report what it would have done, but leave the call
    unchanged. Default `enforce`."""
    behavior: int
    """Version of the built-in defaults. Default 1."""
    baggage: Sequence[str]
    """Keys of W3C baggage to pass on. Default none."""
    attempt_spans: bool
    """Create a child span for each attempt. Default false."""
    tls: TlsOptions
    """TLS material, read when the client is made. Default the system's."""
    proxy: str | None
    """Proxy on the way to the server, an http or https address; only the proxy sees the user and
    password in it. None for none. Default: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`."""
    app_name: str
    """`app/version` for the user agent."""
    telemetry: Telemetry | Literal[False]
    """Spans and metrics; False for none. Default: the providers registered with OpenTelemetry's
    global API when a call begins."""
    logger: logging.Logger | logging.LoggerAdapter[Any]
    """Logger. Default none."""
    log_level: LogLevel
    """Level of logging, if there is a logger. Default `warn`."""
    policy: ClientPolicy | Mapping[str, Any]
    """A policy document (`ameide.policy.v1.ClientPolicy`), as a message or as JSON data."""
    transport: Transport | SyncTransport
    """HTTP transport to use instead of the SDK's own, as pyqwest has them: an object with
    `execute`, or with `execute_sync` for a sync client. It must not follow redirects."""
    observer: Observer
    """Receives the events of every call as plain data."""


def milliseconds(duration: Duration) -> float:
    """Returns a checked duration in milliseconds: an int if it is whole, to the nanosecond if not.

    One of more milliseconds than JSON can tell, 285 000 years, is that long.
    """
    if isinstance(duration, timedelta):
        duration = duration / timedelta(seconds=1)
    if duration >= MAX_SAFE_INTEGER / 1_000:
        return MAX_SAFE_INTEGER
    ms = round(float(duration) * 1_000, 6)
    return int(ms) if ms.is_integer() else ms


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Reports whether a value is a dict, or like one."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Reports whether a value is a list, or like one; texts and bytes are not."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def option_name(value: str) -> str:
    """Returns the name of the option for a value: `attempt_timeout` for `attempt_timeout_ms`."""
    return value.removesuffix("_ms")
