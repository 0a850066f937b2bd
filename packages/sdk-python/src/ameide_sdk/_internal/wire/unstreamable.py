"""Calls that a connection cannot carry."""

from __future__ import annotations

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts


def unstreamable(text: str) -> AmeideError:
    """Creates the error STREAMING_UNSUPPORTED: nothing of the call is sent."""
    source = ConnectError(Code.UNIMPLEMENTED, text)
    return AmeideError(source, ErrorFacts(origin="client", reason="STREAMING_UNSUPPORTED"))
