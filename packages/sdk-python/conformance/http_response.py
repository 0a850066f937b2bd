"""An answer as it goes over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ameide_conformance_proto.ameide.conformance.v1.script_pb import Answer
from ameide_conformance_proto.ameide.conformance.v1.service_pb import (
    ConformanceResponse,
    ListItemsResponse,
)
from protobuf import Message, Oneof
from pyqwest import Headers

Ending: TypeAlias = Literal["well", "stall", "reset", "close", "refused_stream"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a body, and the time before it in milliseconds."""

    data: bytes
    delay_ms: float = 0


@dataclass(slots=True)
class HttpResponse:
    """An answer in its HTTP form.

    Attributes:
        trailers: Trailers of HTTP, once the body is over.
        ending: What comes at the end of the body.
    """

    status: int
    headers: Headers
    body: list[Part]
    trailers: Headers = field(default_factory=Headers)
    ending: Ending = "well"


@dataclass(frozen=True, slots=True)
class Format:
    """The form in which a request wants its answer.

    Attributes:
        enveloped: Messages are in envelopes.
    """

    protocol: Literal["connect", "grpc", "grpc-web"]
    is_json: bool
    enveloped: bool


def message_of(answer: Answer, is_json: bool) -> bytes | None:
    """Encodes the message of an answer, if it has one."""
    action: Any = answer.action
    match action:
        case Oneof(field="ok", value=text):
            return encode(ConformanceResponse(text=text), is_json)
        case Oneof(field="page", value=page):
            response = ListItemsResponse(items=page.items, next_page_token=page.next_page_token)
            return encode(response, is_json)
        case _:
            return None


def encode(message: Message, is_json: bool) -> bytes:
    """Encodes a message in the format of a request."""
    return message.to_json().encode() if is_json else message.to_binary()


def envelope(flags: int, message: bytes) -> bytes:
    """Puts a message into an envelope."""
    return bytes([flags]) + len(message).to_bytes(4, "big") + message
