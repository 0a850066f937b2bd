"""Errors as servers put them on the wire.

Connect reads them too, but drops a whole error for one malformed part. Here each part is read on
its own, and unreadable parts are left out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import cast

import pyqwest
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.request import Headers
from protobuf.wkt import Any as AnyMessage

from ameide_sdk._internal.wire.media_type import joined

# In the order of their numbers in gRPC, from 1.
_CODES = (
    Code.CANCELED,
    Code.UNKNOWN,
    Code.INVALID_ARGUMENT,
    Code.DEADLINE_EXCEEDED,
    Code.NOT_FOUND,
    Code.ALREADY_EXISTS,
    Code.PERMISSION_DENIED,
    Code.RESOURCE_EXHAUSTED,
    Code.FAILED_PRECONDITION,
    Code.ABORTED,
    Code.OUT_OF_RANGE,
    Code.UNIMPLEMENTED,
    Code.INTERNAL,
    Code.UNAVAILABLE,
    Code.DATA_LOSS,
    Code.UNAUTHENTICATED,
)
_CODE_NAMES: Mapping[str, Code] = {code.value: code for code in _CODES}
_DIGITS = re.compile(r"[0-9]+")
_ENCODED = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")
# Longer than the text that an error keeps.
_MOST_CHARACTERS = 64 * 1_024


class WireError(ConnectError):
    """Error that a server stated.

    Attributes:
        metadata: Headers and trailers of the answer.
    """

    def __init__(
        self, code: Code, message: str, details: Iterable[ErrorDetail], metadata: Headers
    ) -> None:
        """Takes what was stated."""
        super().__init__(code, message, details)
        self.metadata = metadata


def metadata_of(*parts: pyqwest.Headers | None) -> Headers:
    """Returns the headers and trailers of an answer as one."""
    metadata = Headers()
    for part in parts:
        if part is not None:
            for name, value in part.items():
                metadata.add(name, value)
    return metadata


def connect_wire_error(value: object, metadata: Headers) -> WireError | None:
    """Returns an error of the Connect protocol; None if it has no code."""
    stated = json_object(value)
    code = _code_of(stated.get("code"))
    return None if code is None else _connect_error(stated, code, metadata)


def end_stream_wire_error(end: object, headers: pyqwest.Headers) -> WireError | None:
    """Returns the error that an EndStreamResponse states, with its metadata and the headers.

    An error without a code counts here.
    """
    stated = json_object(end)
    if not isinstance(stated.get("error"), dict):
        return None
    metadata = end_metadata(stated)
    for name, value in headers.items():
        metadata.add(name, value)
    error = json_object(stated["error"])
    return _connect_error(error, _code_of(error.get("code")) or Code.UNKNOWN, metadata)


def grpc_wire_error(
    fields: pyqwest.Headers, more: pyqwest.Headers | None = None
) -> WireError | None:
    """Returns the error that a gRPC status states.

    A status that is not a number, or that gRPC does not know, is `unknown`.

    Args:
        fields: Trailers, or headers if nothing else is sent.
        more: Headers besides the trailers, for the metadata.
    """
    details = joined(fields, "grpc-status-details-bin")
    status = None if details is None else _read_status(details)
    # The binary status takes precedence, as in Connect.
    code = None if status is None else _code_of_number(status.code)
    if code is None:
        code = _code_of_status(joined(fields, "grpc-status"))
    if code is None:
        return None
    message = status.message if status is not None else ""
    if not message:
        message = grpc_message(joined(fields, "grpc-message") or "")
    found = [] if status is None else status.details
    return WireError(code, message, found, metadata_of(fields, more))


def trailers_of(text: bytes) -> tuple[pyqwest.Headers, bool]:
    """Reads the trailers in a body of gRPC-Web. Lines without a colon are left out.

    Returns:
        The trailers that are headers, and whether there are others.
    """
    trailers, broken = pyqwest.Headers(), False
    for line in text.decode(errors="replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            broken = not _add(trailers, name.strip(), value.strip()) or broken
    return trailers, broken


def end_metadata(end: Mapping[str, object]) -> Headers:
    """Returns the metadata of an EndStreamResponse, as far as it is headers."""
    metadata = Headers()
    for name, value in _metadata_in(end):
        if is_header(name, value):
            metadata.add(name, str(value))
    return metadata


def has_broken_metadata(end: Mapping[str, object]) -> bool:
    """Reports whether an EndStreamResponse has metadata that is no headers."""
    return not all(is_header(name, value) for name, value in _metadata_in(end))


def _metadata_in(end: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for name, values in json_object(end.get("metadata")).items():
        for value in _json_list(values):
            yield name, value


def is_header(name: str, value: object) -> bool:
    """Reports whether HTTP accepts a header."""
    return (
        isinstance(value, str)
        and _HEADER_NAME.fullmatch(name) is not None
        and _HEADER_VALUE.fullmatch(value) is not None
    )


def grpc_message(value: str) -> str:
    """Decodes a `grpc-message`.

    Broken percent-encoding stays as it is, as gRPC says (PROTOCOL-HTTP2, "Status-Message").
    """

    def decode(run: re.Match[str]) -> str:
        return bytes.fromhex(run[0].replace("%", "")).decode(errors="replace")

    return _ENCODED.sub(decode, value[:_MOST_CHARACTERS])


def parse_json(content: bytes | bytearray) -> object:
    """Parses JSON, after a byte order mark or not; None if it is none."""
    try:
        value: object = json.loads(bytes(content).decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return value


def json_object(value: object) -> Mapping[str, object]:
    """Returns a JSON object, or an empty one for other values."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _json_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _add(headers: pyqwest.Headers, name: str, value: str) -> bool:
    accepted = is_header(name, value)
    if accepted:
        headers.add(name, value)
    return accepted


def _code_of(value: object) -> Code | None:
    return _CODE_NAMES.get(value) if isinstance(value, str) else None


def _connect_error(value: Mapping[str, object], code: Code, metadata: Headers) -> WireError:
    message, details = value.get("message"), value.get("details")
    found = [
        detail for each in _json_list(details) if (detail := _connect_detail(each)) is not None
    ]
    return WireError(code, message if isinstance(message, str) else "", found, metadata)


def _connect_detail(value: object) -> ErrorDetail | None:
    stated = json_object(value)
    name, encoded = stated.get("type"), stated.get("value")
    if not isinstance(name, str) or not isinstance(encoded, str):
        return None
    content = _decoded(encoded)
    return None if content is None else _detail(name, content)


def _detail(name: str, content: bytes) -> ErrorDetail:
    url = name if "/" in name else f"type.googleapis.com/{name}"
    return ErrorDetail(AnyMessage(type_url=url, value=content))


# Either alphabet of RFC 4648, with or without padding.
def _decoded(text: str) -> bytes | None:
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _code_of_number(number: int) -> Code | None:
    return _CODES[number - 1] if 1 <= number <= len(_CODES) else None


def _code_of_status(stated: str | None) -> Code | None:
    if stated is None:
        return None
    # A repeated status counts once.
    values = {each.strip() for each in stated.split(",")}
    value = values.pop()
    if values or _DIGITS.fullmatch(value) is None:
        return Code.UNKNOWN
    digits = value.lstrip("0")
    if not digits:
        return None
    return _code_of_number(int(digits[:3])) or Code.UNKNOWN


class _Status:
    __slots__ = ("code", "details", "message")

    def __init__(self) -> None:
        self.code = 0
        self.message = ""
        self.details: list[ErrorDetail] = []


# Reads a google.rpc.Status. Other data that parses as one is found out by what follows.
def _read_status(value: str) -> _Status | None:
    content = _decoded(value)
    if content is None:
        return None
    status = _Status()
    try:
        for field, found in _fields(content):
            if field == 1 and isinstance(found, int):
                status.code = found
            elif field == 2 and isinstance(found, bytes):
                status.message = found.decode(errors="replace")
            elif field == 3 and isinstance(found, bytes):
                detail = _any_detail(found)
                if detail is not None:
                    status.details.append(detail)
    except ValueError:
        return None
    return status


# Reads a google.protobuf.Any.
def _any_detail(content: bytes) -> ErrorDetail | None:
    url, value = "", b""
    try:
        for field, found in _fields(content):
            if field == 1 and isinstance(found, bytes):
                url = found.decode()
            elif field == 2 and isinstance(found, bytes):
                value = found
    except ValueError:
        return None
    return _detail(url, value) if url else None


# Wire types of protobuf.
_VARINT, _LENGTH = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}


# Gives the fields of a message that are a varint or have a length. Raises ValueError if it is none.
def _fields(content: bytes) -> Iterable[tuple[int, int | bytes]]:
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            number, at = _varint(content, at)
            yield field, number
            continue
        if wire_type == _LENGTH:
            size, at = _varint(content, at)
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            raise ValueError(f"wire type {wire_type}")
        start, at = at, at + size
        if at > len(content):
            raise ValueError("cut off")
        if wire_type == _LENGTH:
            yield field, content[start:at]


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at == len(content):
            raise ValueError("cut off")
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
    raise ValueError("too long")
