"""How calls end, in the terms of Connect's suite."""

from __future__ import annotations

from collections.abc import Iterable

from ameide_conformance_proto.connectrpc.conformance.v1.config_pb import Code
from ameide_conformance_proto.connectrpc.conformance.v1.service_pb import Error, Header
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.request import Headers
from protobuf.wkt import Any

from ameide_sdk import AmeideError


def to_proto_error(reason: BaseException) -> tuple[Error, list[Header]]:
    """Returns an error in the terms of the suite, with its metadata, which a bare one has not."""
    error = reason if isinstance(reason, ConnectError) else AmeideError.from_exception(reason)
    told = Error(
        code=Code[error.code.name],
        message=error.message,
        details=[_to_any(detail) for detail in error.details],
    )
    return told, to_proto_headers(error.metadata) if isinstance(error, AmeideError) else []


def _to_any(detail: ErrorDetail) -> Any:
    return Any(type_url=f"type.googleapis.com/{detail.type_name}", value=detail.message_bytes)


def to_proto_headers(headers: Headers) -> list[Header]:
    """Returns headers in the terms of the suite."""
    return [Header(name=name, value=list(headers.getall(name))) for name in headers]


def from_proto_headers(headers: Iterable[Header]) -> Headers:
    """Returns headers of the suite as a caller states them."""
    given = Headers()
    for header in headers:
        for value in header.value:
            given.add(header.name, value)
    return given
