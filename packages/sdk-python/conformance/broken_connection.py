"""Connections that give no answer, in the words of pyqwest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.script_pb import (
    Answer,
    Break,
    Certificate,
    Script,
)
from protobuf import Oneof
from pyqwest import ReadError, RemoteProtocolError, StreamError, StreamErrorCode, WriteError


@dataclass(frozen=True, slots=True)
class BrokenConnection:
    """A connection that breaks before the answer.

    Attributes:
        error: Makes what pyqwest raises for a URL.
        unread: No byte of the request's body was asked for.
    """

    error: Callable[[str], Exception]
    unread: bool = False


def broken_by(script: Script, answer: Answer) -> BrokenConnection | None:
    """Tells how the connection of a request breaks, if it does."""
    if script.certificate in _CERTIFICATES:
        return _unconnected(f"invalid peer certificate: {_CERTIFICATES[script.certificate]}")
    action: Any = answer.action
    match action:
        case Oneof(field="break", value=kind) if kind in _BREAKS:
            return _BREAKS[kind]
    return None


def refused_stream(doing: str) -> Exception:
    """Makes the error of a stream of HTTP/2 that was refused."""
    text = f"{doing}: stream error received: refused stream before processing any application logic"
    return StreamError(text, StreamErrorCode.REFUSED_STREAM)


def read_failed(doing: str, what: str) -> Exception:
    """Makes the error of a body that breaks off."""
    return ReadError(f"{doing}: {_READING}: {what}")


def cut_short(doing: str) -> Exception:
    """Makes the error of a body that ends before its announced length."""
    return RemoteProtocolError(f"{doing}: {_READING}: end of file before message length reached")


_READING = "request or response body error: error reading a body from connection"

RESET = "Connection reset by peer (os error 104)"


def _failed(url: str, what: str) -> str:
    return f"Request failed: error sending request for url ({url}): client error ({what}"


def _unconnected(what: str) -> BrokenConnection:
    return BrokenConnection(lambda url: ConnectionError(_failed(url, f"Connect): {what}")), True)


def _unsent(what: str) -> BrokenConnection:
    return BrokenConnection(
        lambda url: WriteError(_failed(url, f"SendRequest): connection error: {what}"))
    )


def _no_http(what: str) -> BrokenConnection:
    return BrokenConnection(lambda url: RemoteProtocolError(_failed(url, f"SendRequest): {what}")))


_CERTIFICATES = {
    Certificate.WRONG_HOST: (
        'certificate not valid for name "memory.test"; certificate is only valid for '
        'DnsName("other.test")'
    ),
    Certificate.EXPIRED: "certificate expired: verification time 1767225600 (UNIX)",
    Certificate.UNKNOWN_AUTHORITY: "UnknownIssuer",
}

_BREAKS = {
    Break.REFUSED: _unconnected("tcp connect error: Connection refused (os error 111)"),
    # For a name with two addresses it says no more.
    Break.BOTH_REFUSED: _unconnected("tcp connect error: Connection refused (os error 111)"),
    Break.UNREACHABLE: _unconnected("tcp connect error: No route to host (os error 113)"),
    Break.HANDSHAKE: _unconnected(RESET),
    Break.RESET_BEFORE_READ: _unsent(RESET),
    Break.RESET_AFTER_READ: _unsent(RESET),
    Break.UNREACHABLE_AFTER_READ: _unsent("No route to host (os error 113)"),
    Break.CLOSED_AFTER_READ: _no_http("connection closed before message completed"),
    Break.NO_HTTP: _no_http("invalid HTTP version parsed"),
    Break.GOAWAY_INCLUDED: _unsent("stream closed because of a broken pipe"),
    Break.REFUSED_STREAM: BrokenConnection(lambda _: refused_stream("Request failed")),
    Break.GOAWAY: BrokenConnection(
        lambda _: StreamError(
            "Request failed: stream refused by GOAWAY: connection error received: not a result of "
            "an error",
            StreamErrorCode.REFUSED_STREAM,
        )
    ),
}
