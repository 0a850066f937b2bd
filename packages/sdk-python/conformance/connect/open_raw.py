"""The client of connectrpc over pyqwest, as they are."""

from __future__ import annotations

from typing import Any

from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import ClientCompatRequest
from ameide_conformance_proto.connectrpc.conformance.v1.service_connect import (
    ConformanceServiceClient,
    ConformanceServiceClientSync,
)
from connectrpc.client import ResponseMetadata
from connectrpc.codec import proto_binary_codec, proto_json_codec
from connectrpc.compression.gzip import GzipCompression
from connectrpc.protocol import ProtocolType
from pyqwest import Client, HTTPTransport, HTTPVersion, SyncClient, SyncHTTPTransport

from connect.opened import Opened, asked, registry

_PROTOCOLS = {
    "connect": ProtocolType.CONNECT,
    "grpc": ProtocolType.GRPC,
    "grpc-web": ProtocolType.GRPC_WEB,
}
_VERSIONS = {"1.1": HTTPVersion.HTTP1, "2": HTTPVersion.HTTP2}


def open_raw(request: ClientCompatRequest, *, is_async: bool) -> Opened:
    """Makes it."""
    known = asked(request)
    gzip = None if known.compression == "none" else GzipCompression()
    options: dict[str, Any] = {
        "protocol": _PROTOCOLS[known.protocol],
        "codec": proto_json_codec(registry) if known.format == "json" else proto_binary_codec(),
        "accept_compression": [] if gzip is None else [gzip],
        "send_compression": gzip,
        "read_max_bytes": known.read_max_bytes,
    }
    connections: dict[str, Any] = {"http_version": _VERSIONS[known.http_version]}
    if request.server_tls_cert:
        connections["tls_ca_cert"] = request.server_tls_cert
    if request.client_tls_creds is not None:
        connections["tls_cert"] = request.client_tls_creds.cert
        connections["tls_key"] = request.client_tls_creds.key
    if is_async:
        transport = HTTPTransport(**connections)
        options["http_client"] = Client(transport)
        client = ConformanceServiceClient(known.base_url, **options)
        return Opened(client, ResponseMetadata, transport.aclose)
    transport_sync = SyncHTTPTransport(**connections)
    options["http_client"] = SyncClient(transport_sync)
    client_sync = ConformanceServiceClientSync(known.base_url, **options)
    return Opened(client_sync, ResponseMetadata, transport_sync.close)
