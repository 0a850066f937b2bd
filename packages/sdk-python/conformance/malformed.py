"""Errors of which a part cannot be read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.script_pb import Malformed
from pyqwest import Headers

_DETAILS = "grpc-status-details-bin"


def malform_json(error: dict[str, Any], malformed: Malformed) -> None:
    """Makes a part of an error of Connect unreadable."""
    match malformed:
        case Malformed.MESSAGE:
            error["message"] = 14
        case Malformed.DETAIL:
            bad = {"type": "google.rpc.ErrorInfo", "value": "no base64!"}
            error["details"] = [bad, *error.get("details", [])]
        case Malformed.DETAILS:
            error["details"] = "none"


def malform_status(status: Headers, malformed: Malformed) -> None:
    """Makes a part of an error of gRPC unreadable."""
    match malformed:
        case Malformed.MESSAGE:
            status["grpc-message"] = status.get("grpc-message", "") + "%zz"
        case Malformed.DETAIL:
            # google.rpc.Status: field 1 is the code, field 3 the details.
            code = bytes([0x08, int(status["grpc-status"])])
            bad = bytes([0x1A, 2, 0xFF, 0xFF])
            set_details(status, code + bad + _details_of(status))
        case Malformed.DETAILS:
            set_details(status, b"no Status")


def set_details(status: Headers, data: bytes) -> None:
    """Sets the details of an error of gRPC."""
    status[_DETAILS] = b64encode(data).decode().rstrip("=")


def _details_of(status: Headers) -> bytes:
    text = status.get(_DETAILS, "")
    return b64decode(text + "=" * (-len(text) % 4))
