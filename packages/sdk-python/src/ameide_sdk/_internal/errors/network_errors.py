"""Failures of connections, in the terms that decide about a retry.

The HTTP client, pyqwest, tells most of what it knows in words alone: those of hyper, h2 and rustls.
"""

from __future__ import annotations

import errno
import re
import socket

from pyqwest import ConnectTimeout, StreamError, StreamErrorCode

from ameide_sdk._internal.errors.causes import causes_of, several_in
from ameide_sdk._internal.errors.thrown_text import text_of, thrown_text
from ameide_sdk._internal.policy.failure import NetworkError, NetworkKind


class ConnectingError(ConnectionError):
    """A failure to connect in the SDK's words.

    What is behind it is its cause.

    Attributes:
        kind: What it says about a retry.
    """

    def __init__(self, text: str, kind: NetworkKind) -> None:
        """Takes the words and what they mean."""
        super().__init__(text)
        self.kind: NetworkKind = kind


def network_errors(reason: BaseException) -> tuple[NetworkError, ...]:
    """Lists the errors along the chain of causes.

    A group of exceptions itself is not listed, and what is behind a `ConnectingError` is silent.
    """
    found: list[NetworkError] = []
    silent: list[BaseException] = []
    for each in causes_of(reason):
        if several_in(each):
            continue
        is_silent = any(each is known for known in silent)
        kind = "silent" if is_silent else _kind_of(each)
        if isinstance(each, ConnectingError):
            silent = causes_of(each)
        found.append(NetworkError(kind, text_of(each)))
    return tuple(found)


def h2_error_code(reason: BaseException) -> int | None:
    """Returns the HTTP/2 error code that the peer reset the stream with; None if it did not."""
    for each in causes_of(reason):
        if isinstance(each, StreamError) and _kind_of(each) != "of_session":
            return int(each.code)
    return None


def is_lost_connection(reason: BaseException) -> bool:
    """Reports whether a connection that stood was lost, rather than a stream of it alone."""
    causes = causes_of(reason)
    if any(isinstance(each, StreamError) for each in causes):
        return False
    return any(each.kind == "other" for each in network_errors(reason))


def without_address(error: Exception) -> Exception:
    """Returns an error of pyqwest without the address of the request, whose query may be a message.

    Others, and those without an address, are returned as they are.
    """
    text = str(error)
    told = _ADDRESS.sub("", text)
    if told == text:
        return error
    if isinstance(error, StreamError):
        clean: Exception = StreamError(told, error.code)
    else:
        clean = type(error)(told)
    # The original is not printed with it.
    clean.__suppress_context__ = True
    return clean


def network_text(reason: BaseException) -> str:
    """Returns the texts of a failure and its causes, without what pyqwest says of every request."""
    text = thrown_text(reason)
    operation = ""
    if _CONNECTING.search(text) is not None:
        operation = "connect "
    elif _READING.search(text) is not None:
        operation = "read "
    for pattern in _SAID_OF_EVERY_REQUEST:
        text = pattern.sub("", text)
    text = _UNKNOWN_NAME.sub(r"getaddrinfo ENOTFOUND \1", text)
    return _OS_ERROR.sub(lambda found: operation + _errno_name(found), text)


# The only texts that are matched anywhere: pyqwest tells in no other way when it happened.
_CONNECTING = re.compile(r"client error \(Connect\): ")
_READING = re.compile(r"^Error reading |client error \(SendRequest\): connection error: ")
_ADDRESS = re.compile(r"error sending request for url \([^)]*\): ")
_SAID_OF_EVERY_REQUEST = (
    re.compile(r"Request failed: |Error reading (?:full )?content: "),
    re.compile(r"client error \((?:Connect|SendRequest)\): "),
    re.compile(r"(?:request or response body error: )+(?:error reading a body from connection: )?"),
    re.compile(r"(?:tcp connect|connection) error: (?=.*\(os error \d+\))"),
)
_UNKNOWN_NAME = re.compile(r'dns error: .*?no records found for Query .*?Name\("(.+?)\.?"\).*')
_OS_ERROR = re.compile(r"[A-Z][\w ]* \(os error (\d+)\)")
# RFC 8446, section 6.2, in the words of rustls: first a server's about a client certificate.
_OUR_CERTIFICATE = re.compile(
    r"received fatal alert: (?:AccessDenied|BadCertificate|CertificateExpired|CertificateRequired"
    r"|CertificateRevoked|CertificateUnknown|DecryptError|HandshakeFailure|UnknownCA"
    r"|UnsupportedCertificate)\b"
)
_HANDSHAKE = re.compile(
    r"received fatal alert: (?:InsufficientSecurity|NoApplicationProtocol|ProtocolVersion"
    r"|UnrecognisedName)\b|received corrupt message of type|peer is incompatible"
    r"|tunnel error: proxy authorization required"
)
_KINDS_OF_TEXTS: tuple[tuple[NetworkKind, re.Pattern[str]], ...] = (
    ("certificate", re.compile(r"invalid peer certificate")),
    ("our_certificate", _OUR_CERTIFICATE),
    ("handshake", _HANDSHAKE),
    ("not_sent", _CONNECTING),
    # The connection ended before it was ready for a request.
    ("not_sent", re.compile(r"client error \(SendRequest\): channel closed$")),
    ("over_limit", re.compile(r"message head is too large$")),
)


def _kind_of(error: BaseException) -> NetworkKind:
    if isinstance(error, ConnectingError):
        return error.kind
    if isinstance(error, ConnectTimeout | ConnectionRefusedError | socket.gaierror):
        return "not_sent"
    text = text_of(error)
    if isinstance(error, StreamError):
        return _kind_of_stream_error(error, text)
    for kind, pattern in _KINDS_OF_TEXTS:
        if pattern.search(text) is not None:
            return kind
    return "silent" if error.__cause__ is not None else "other"


# RFC 9113, section 6.8: what a GOAWAY excludes was not processed; to the streams that it includes
# h2 gives its code, which says nothing about them.
def _kind_of_stream_error(error: StreamError, text: str) -> NetworkKind:
    if "stream refused by GOAWAY" in text and error.code == StreamErrorCode.REFUSED_STREAM:
        return "unprocessed"
    return "of_session" if "connection error received" in text else "other"


def _errno_name(found: re.Match[str]) -> str:
    return errno.errorcode.get(int(found[1]), found[0])
