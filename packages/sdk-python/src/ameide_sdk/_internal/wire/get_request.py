"""Unary requests by GET (Connect protocol, "Unary-Get-Request")."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from ameide_sdk._internal.wire.compression import unpacked

# Of text these stay as they are, so that it is shorter than by base64.
_UNRESERVED = "-_.!~*'()"


@dataclass(slots=True)
class AddressLimit:
    """Longest address that a client puts a message into, in characters.

    It is shared by all clients of an origin: after a server or proxy has refused an address, none
    as long is sent to it.
    """

    max_length: int


@dataclass(frozen=True, slots=True)
class GetMessage:
    """Message of a GET as Connect made it.

    Attributes:
        address: Address without the message.
        encoding: Format of the message: `proto` or `json`.
        compression: Compression of the message; None for none.
    """

    address: str
    encoding: str
    compression: str | None
    content: bytes

    def url(self) -> str:
        """Returns the address to send the GET to, its parameters in the order that caches know."""
        is_text = self.encoding == "json" and self.compression is None
        query = {"connect": "v1"}
        if is_text:
            message = quote(self.content, safe=_UNRESERVED)
        else:
            query["base64"] = "1"
            message = base64.urlsafe_b64encode(self.content).rstrip(b"=").decode()
        if self.compression is not None:
            query["compression"] = self.compression
        query["encoding"] = self.encoding
        return f"{self.address}?{urlencode(query)}&message={message}"


def read_get(url: str) -> GetMessage:
    """Reads the address of a GET as Connect made it, before it is sent."""
    query = parse_qs(urlsplit(url).query)
    [encoding], [message] = query["encoding"], query.get("message", [""])
    [coding] = query.get("compression", ["identity"])
    content = base64.urlsafe_b64decode(message)
    compression = None
    if coding != "identity":
        content, is_compressed = unpacked(content)
        compression = coding if is_compressed else None
    return GetMessage(url.partition("?")[0], encoding, compression, content)
