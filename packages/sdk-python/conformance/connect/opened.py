"""What a case of Connect's suite asks of a client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from ameide_conformance_proto.connectrpc.conformance.v1 import config_pb, service_pb
from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import ClientCompatRequest
from connectrpc.request import Headers
from protobuf import Registry

_T = TypeVar("_T")


class Metadata(Protocol):
    """Headers and trailers of a call, as its caller is told."""

    @property
    def headers(self) -> Headers:
        """Headers of the answer."""
        ...

    @property
    def trailers(self) -> Headers:
        """Trailers of the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A client for one case.

    Attributes:
        client: The client of the suite's service.
        metadata: Makes what collects headers and trailers of the calls made within it.
        close: Ends the connections; what it returns is awaited if the client is async.
    """

    client: Any
    metadata: Callable[[], AbstractContextManager[Metadata]]
    close: Callable[[], Any]


class Open(Protocol):
    """Makes the client that a case asks for."""

    def __call__(self, request: ClientCompatRequest, *, is_async: bool) -> Opened:
        """Makes it.

        Raises:
            ValueError: There is no such client.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case asks of a client.

    Attributes:
        read_max_bytes: None for no limit of the case's.
    """

    base_url: str
    protocol: Literal["connect", "grpc", "grpc-web"]
    format: Literal["binary", "json"]
    http_version: Literal["1.1", "2"]
    compression: Literal["none", "gzip"]
    read_max_bytes: int | None


registry = Registry(service_pb.desc())
"""Messages in `Any` fields of the suite: JSON cannot be written without them."""

_PROTOCOLS: dict[config_pb.Protocol, Literal["connect", "grpc", "grpc-web"]] = {
    config_pb.Protocol.CONNECT: "connect",
    config_pb.Protocol.GRPC: "grpc",
    config_pb.Protocol.GRPC_WEB: "grpc-web",
}
_FORMATS: dict[config_pb.Codec, Literal["binary", "json"]] = {
    config_pb.Codec.PROTO: "binary",
    config_pb.Codec.JSON: "json",
}
_HTTP_VERSIONS: dict[config_pb.HTTPVersion, Literal["1.1", "2"]] = {
    config_pb.HTTPVersion.HTTP_VERSION_1: "1.1",
    config_pb.HTTPVersion.HTTP_VERSION_2: "2",
}
_COMPRESSIONS: dict[config_pb.Compression, Literal["none", "gzip"]] = {
    config_pb.Compression.UNSPECIFIED: "none",
    config_pb.Compression.IDENTITY: "none",
    config_pb.Compression.GZIP: "gzip",
}


def asked(request: ClientCompatRequest) -> Asked:
    """Reads what a case asks of a client.

    Raises:
        ValueError: There is no such thing.
    """
    scheme = "https" if request.server_tls_cert else "http"
    return Asked(
        base_url=f"{scheme}://{request.host}:{request.port}",
        protocol=_pick(_PROTOCOLS, request.protocol),
        format=_pick(_FORMATS, request.codec),
        http_version=_pick(_HTTP_VERSIONS, request.http_version),
        compression=_pick(_COMPRESSIONS, request.compression),
        read_max_bytes=request.message_receive_limit or None,
    )


def _pick(known: dict[Any, _T], value: object) -> _T:
    if value not in known:
        raise ValueError(f"the client knows no {value}")
    return known[value]
