"""The request of attempt 1, which further attempts repeat byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pyqwest import Headers

from ameide_sdk._internal.wire.compression import unpacked, unpacked_envelope
from ameide_sdk._internal.wire.get_request import AddressLimit, GetMessage, read_get

_CODING_HEADERS = ("content-encoding", "connect-content-encoding", "grpc-encoding")
_ACCEPT_HEADERS = ("accept-encoding", "connect-accept-encoding", "grpc-accept-encoding")
_IDENTITY = "identity"


@dataclass(slots=True)
class SentRequest:
    """A request as it is sent.

    Attributes:
        content: The whole body; None if it is streamed, or for GET.
    """

    method: str
    url: str
    headers: Headers
    content: bytes | None


@dataclass(frozen=True, slots=True)
class FrozenRequest:
    """Request of attempt 1.

    Attributes:
        url: Address of the request, with its query.
        method: Method of HTTP.
        content: The whole body; None for GET.
        get: Its message, if it is a GET.
        content_type: Type of the body of a POST that was a GET.
        coding: `content-encoding` of the body; None for none.
    """

    url: str
    method: str
    content: bytes | None
    get: GetMessage | None = None
    content_type: str | None = None
    coding: str | None = None

    def write_headers(self, headers: Headers) -> None:
        """Writes what the body says of itself."""
        if self.coding is None:
            headers.pop("content-encoding", None)
        else:
            headers["content-encoding"] = self.coding
        if self.content_type is not None:
            headers["content-type"] = self.content_type
        if self.get is not None:
            # The query has it.
            headers.pop("connect-protocol-version", None)


class FrozenHolder(Protocol):
    """The call whose attempts are recorded, with the state that their recordings share."""

    frozen: FrozenRequest | None
    addresses: AddressLimit

    def responded(self, recording: Any, /) -> None:
        """Is told that the head of an answer has come."""
        ...


def freeze(
    url: str,
    method: str,
    headers: Headers,
    content: bytes | None,
    addresses: AddressLimit,
    *,
    enveloped: bool,
) -> FrozenRequest:
    """Keeps the request of attempt 1. A GET whose address is too long becomes a POST.

    Args:
        url: Address that Connect made.
        method: Method of HTTP.
        headers: Headers of Connect, as they are before `plain_codings`.
        content: Body that Connect made; None for GET.
        addresses: Longest address of a GET.
        enveloped: True if the body is an envelope.
    """
    if method == "GET":
        get = read_get(url)
        address = get.url()
        if len(address) > addresses.max_length:
            return _as_post(get)
        return FrozenRequest(address, method, None, get)
    body = content or b""
    if enveloped:
        return FrozenRequest(url, method, plain_envelope(body, headers))
    coding = headers.get("content-encoding", _IDENTITY)
    if coding == _IDENTITY:
        return FrozenRequest(url, method, body)
    body, is_compressed = unpacked(body)
    return FrozenRequest(url, method, body, coding=coding if is_compressed else None)


def plain_envelope(envelope: bytes, headers: Headers) -> bytes:
    """Returns an envelope that Connect made, as it is sent."""
    is_packed = any(headers.get(name, _IDENTITY) != _IDENTITY for name in _CODING_HEADERS)
    return unpacked_envelope(envelope) if is_packed else envelope


def plain_codings(headers: Headers) -> None:
    """Removes the coding that is none from the headers of a request, where Connect names it."""
    for name in _CODING_HEADERS:
        if headers.get(name) == _IDENTITY:
            del headers[name]
    for name in _ACCEPT_HEADERS:
        if name in headers:
            codings = [each for each in headers[name].split(",") if each != _IDENTITY]
            if codings:
                headers[name] = ",".join(codings)
            else:
                del headers[name]


def _as_post(get: GetMessage) -> FrozenRequest:
    return FrozenRequest(
        get.address,
        "POST",
        get.content,
        content_type=f"application/{get.encoding}",
        coding=get.compression,
    )


def post_instead(holder: FrozenHolder) -> bool:
    """Makes further attempts send a GET as POST, and also later calls whose address is as long.

    Returns:
        False if it was not a GET.
    """
    frozen = holder.frozen
    if frozen is None or frozen.get is None:
        return False
    addresses = holder.addresses
    addresses.max_length = min(addresses.max_length, len(frozen.url) - 1)
    holder.frozen = _as_post(frozen.get)
    return True
