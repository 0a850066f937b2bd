"""Form of requests and answers on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectrpc.compression import Compression

from ameide_sdk._internal.policy.policy import Protocol
from ameide_sdk._internal.policy.policy_table import MethodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class WireShape:
    """Form of a method's requests and answers on the wire.

    Attributes:
        protocol: Protocol on the wire.
        enveloped: True if the messages of the answer are in envelopes; otherwise it is one message.
        replays: True if the request is one message, so that it can be sent again.
        answers_once: True if the answer is one message, in an envelope or not. A limit is for all
            of it.
        both_ways: True if both sides stream, which takes HTTP/2.
        accepted: Accepted compression; None for none.
        read_max_bytes: Largest message, in bytes, decompressed.
    """

    protocol: Protocol
    enveloped: bool
    replays: bool
    answers_once: bool
    both_ways: bool
    accepted: Compression | None
    read_max_bytes: int


def wire_shapes(
    protocol: Protocol, *, accepted: Compression | None, read_max_bytes: int
) -> Mapping[MethodKind, WireShape]:
    """Returns the wire shapes of a protocol for each kind of method."""

    def shape(*, enveloped: bool, replays: bool, answers_once: bool) -> WireShape:
        return WireShape(
            protocol=protocol,
            enveloped=enveloped,
            replays=replays,
            answers_once=answers_once,
            both_ways=not (replays or answers_once),
            accepted=accepted,
            read_max_bytes=read_max_bytes,
        )

    return {
        "unary": shape(enveloped=protocol != "connect", replays=True, answers_once=True),
        "server_streaming": shape(enveloped=True, replays=True, answers_once=False),
        "client_streaming": shape(enveloped=True, replays=False, answers_once=True),
        "bidi_streaming": shape(enveloped=True, replays=False, answers_once=False),
    }
