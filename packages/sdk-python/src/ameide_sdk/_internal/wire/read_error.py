"""The error that a server put into its answer, wherever the protocol keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from pyqwest import Headers

from ameide_sdk._internal.wire.compression import decompressed
from ameide_sdk._internal.wire.envelopes import EnvelopeScan
from ameide_sdk._internal.wire.media_type import joined, media_type
from ameide_sdk._internal.wire.wire_error import (
    WireError,
    connect_wire_error,
    end_stream_wire_error,
    grpc_message,
    grpc_wire_error,
    json_object,
    metadata_of,
    parse_json,
    trailers_of,
)
from ameide_sdk._internal.wire.wire_shape import WireShape

JSON_TYPE = "application/json"
_FORMATS_OF_CONNECT = (
    JSON_TYPE,
    "application/proto",
    "application/connect+json",
    "application/connect+proto",
)


@dataclass(slots=True, kw_only=True)
class ReadAnswer:
    """Part of an answer that an attempt has read.

    Attributes:
        asked_type: Media type that a good answer has to have.
        has_good_status: True if the status is one of good answers.
        good: True if the media type is one of the protocol's, too.
        headers: Headers of the answer.
        trailers: None before the end of the body.
        error_body: Body of an answer that is not good; None if it states no error.
        envelopes: Envelopes of a good answer.
        unread: Set if that body cannot be read: it may say anything.
    """

    shape: WireShape
    status: int
    asked_type: str
    has_good_status: bool
    good: bool
    headers: Headers
    trailers: Headers | None
    error_body: bytes | None
    envelopes: EnvelopeScan | None
    unread: bool = False


def read_wire_error(answer: ReadAnswer) -> WireError | None:
    """Reads the error that a server put into its answer; None if there is none.

    A gateway's JSON error does not count: its `code` is a number, or no code of Connect's.

    Raises:
        ConnectError: `resource_exhausted` if it is over the limit once it is decompressed.
    """
    match answer.shape.protocol:
        case "grpc":
            return _status_error(answer, answer.trailers) if answer.good else None
        case "grpc-web":
            if not answer.good:
                return None
            end = end_of_stream(answer)
            return _status_error(answer, None if end is None else trailers_of(end)[0])
        case "connect":
            pass
    if answer.shape.enveloped:
        end = end_of_stream(answer)
        return None if end is None else end_stream_wire_error(parse_json(end), answer.headers)
    return None if answer.good else _unary_error(answer)


def end_of_stream(answer: ReadAnswer) -> bytes | None:
    """Returns the content of the envelope that ends a body.

    Returns:
        None if it has not come, or cannot be read.

    Raises:
        ConnectError: `resource_exhausted` if it is over the limit once it is decompressed.
    """
    envelopes = answer.envelopes
    if envelopes is None or not envelopes.end_complete:
        return None
    coding = stream_coding(answer) if envelopes.end_compressed else None
    return _read(answer, bytes(envelopes.end), coding)


def stream_coding(answer: ReadAnswer) -> str | None:
    """Returns the coding of the messages in envelopes."""
    of_connect = answer.shape.protocol == "connect"
    return joined(answer.headers, "connect-content-encoding" if of_connect else "grpc-encoding")


def in_words(answer: ReadAnswer, error: ConnectError) -> ConnectError:
    """Returns Connect's error of an answer, in the words that every SDK has for it."""
    if not answer.has_good_status:
        text = _text_of(answer) or f"HTTP {answer.status}"
        return _recoded(error, error.code, text)
    stated = joined(answer.headers, "content-type") or ""
    found = media_type(stated)
    is_known = answer.good if answer.shape.protocol != "connect" else found in _FORMATS_OF_CONNECT
    if not is_known:
        return _recoded(error, Code.UNKNOWN, f"unsupported content type {stated}")
    if error.code == Code.UNKNOWN and found != media_type(answer.asked_type):
        return _recoded(error, Code.INTERNAL, error.message)
    return error


# Words of a server that states no error of the protocol.
def _text_of(answer: ReadAnswer) -> str | None:
    if answer.shape.protocol != "connect":
        return grpc_message(joined(answer.headers, "grpc-message") or "")
    value = None if answer.error_body is None else parse_json(answer.error_body)
    message = json_object(value).get("message")
    return message if isinstance(message, str) else None


def _recoded(error: ConnectError, code: Code, message: str) -> ConnectError:
    told = ConnectError(code, message, error.details)
    told.__cause__ = error.__cause__
    return told


# Headers of a unary answer of Connect, with its trailers by their own names.
def _unary_metadata(headers: Headers) -> Headers:
    return Headers((name.removeprefix("trailer-"), value) for name, value in headers.items())


def _unary_error(answer: ReadAnswer) -> WireError | None:
    body = answer.error_body
    if body is None or media_type(joined(answer.headers, "content-type")) != JSON_TYPE:
        return None
    content = _read(answer, body, joined(answer.headers, "content-encoding"))
    value = None if content is None else parse_json(content)
    answer.unread = value is None
    return connect_wire_error(value, metadata_of(_unary_metadata(answer.headers)))


# A status in headers counts if there is no body.
def _status_error(answer: ReadAnswer, trailers: Headers | None) -> WireError | None:
    error = None if trailers is None else grpc_wire_error(trailers, answer.headers)
    if error is not None or (answer.envelopes is not None and answer.envelopes.begun):
        return error
    return grpc_wire_error(answer.headers)


# None if it cannot be decompressed.
def _read(answer: ReadAnswer, content: bytes, coding: str | None) -> bytes | None:
    if coding is None or coding == "identity":
        return content
    accepted = answer.shape.accepted
    if accepted is None or accepted.name() != coding:
        return None
    try:
        return decompressed(accepted, content, answer.shape.read_max_bytes)
    except ConnectError as error:
        if error.code == Code.RESOURCE_EXHAUSTED:
            raise
        return None
