"""The client of the SDK with every policy neutral: one attempt, no deadline but the case's."""

from __future__ import annotations

from typing import Any

from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import ClientCompatRequest
from ameide_conformance_proto.connectrpc.conformance.v1.service_connect import (
    ConformanceServiceClient,
    ConformanceServiceClientSync,
)

import ameide_sdk
from connect.opened import Opened, asked, registry


def open_sdk(request: ClientCompatRequest, *, is_async: bool) -> Opened:
    """Makes it."""
    known = asked(request)
    options: dict[str, Any] = {
        "allow_insecure_loopback": True,
        "retry": False,
        "no_deadline": True,
        "tenant": None,
        "auth": None,
        "telemetry": False,
        "proxy": None,
        "protocol": known.protocol,
        "format": known.format,
        "registry": registry,
        "http_version": known.http_version,
        "compression": {"send": known.compression, "accept": known.compression, "min_bytes": 0},
    }
    if known.read_max_bytes is not None:
        options["read_max_bytes"] = known.read_max_bytes
    if request.server_tls_cert:
        options["tls"] = {"ca": request.server_tls_cert}
    if request.client_tls_creds is not None:
        own = {"certificate": request.client_tls_creds.cert, "key": request.client_tls_creds.key}
        options["tls"] |= own
    stub = ConformanceServiceClient if is_async else ConformanceServiceClientSync
    client = ameide_sdk.connect(stub, known.base_url, **options)
    return Opened(client, ameide_sdk.ResponseMetadata, client.close)
