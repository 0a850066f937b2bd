"""Answers whose messages are in envelopes: all of gRPC's, and streams of Connect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.script_pb import (
    Answer,
    ErrorAnswer,
    Header,
    StreamAnswer,
    StreamEnd,
)
from ameide_conformance_proto.ameide.conformance.v1.service_pb import ConformanceResponse
from protobuf import Oneof
from pyqwest import Headers

from error_answer import error_json, set_grpc_status
from http_response import Format, HttpResponse, Part, encode, envelope, message_of

_CONNECT_END = 2
_GRPC_WEB_TRAILERS = 0x80


@dataclass(frozen=True, slots=True)
class _Sent:
    """What has been sent, and the trailers that follow it."""

    form: Format
    trailers: Sequence[Header]
    parts: list[Part]


def in_envelopes(answer: Answer, form: Format) -> HttpResponse:
    """Encodes an answer in envelopes."""
    message = message_of(answer, form.is_json)
    if message is not None:
        return _ended(_Sent(form, answer.trailers, [Part(envelope(0, message))]))
    action: Any = answer.action
    match action:
        case Oneof(field="error", value=error):
            if form.protocol == "connect" or answer.trailers:
                return _ended(_Sent(form, answer.trailers, []), error)
            response = _open(form, [])
            set_grpc_status(response.headers, error)
            return response
        case Oneof(field="stream", value=stream):
            return _streamed(stream, form, answer.trailers)
        case _:
            raise ValueError("an answer of the script says nothing")


def _streamed(answer: StreamAnswer, form: Format, trailers: Sequence[Header]) -> HttpResponse:
    delay_ms = answer.end_delay_ms
    parts = [
        Part(
            envelope(0, encode(ConformanceResponse(text=message.text), form.is_json)),
            message.delay_ms,
        )
        for message in answer.messages
    ]
    nothing = Part(b"", delay_ms)
    match answer.end:
        case StreamEnd.RESET:
            response = _open(form, [*parts, nothing])
            response.ending = "reset"
        case StreamEnd.REFUSED_STREAM:
            response = _open(form, [*parts, nothing])
            response.ending = "refused_stream"
        case StreamEnd.SILENCE:
            response = _open(form, parts)
            response.ending = "stall"
        case StreamEnd.MISSING:
            response = _open(form, [*parts, nothing])
        case StreamEnd.HALF_ENVELOPE:
            response = _open(form, [*parts, Part(envelope(0, bytes(40))[:20], delay_ms)])
        case StreamEnd.GARBAGE:
            # A length-delimited field that goes on beyond its end, and no JSON either.
            garbage = Part(envelope(0, b"\x0a\xff\x7b"), delay_ms)
            response = _ended(_Sent(form, trailers, [*parts, garbage]))
        case _ if answer.stall:
            response = _open(form, parts)
            response.ending = "stall"
        case _:
            response = _ended(_Sent(form, trailers, parts), answer.error, delay_ms)
    return response


def _open(form: Format, body: list[Part]) -> HttpResponse:
    media_type = f"application/{form.protocol}+{'json' if form.is_json else 'proto'}"
    return HttpResponse(200, Headers([("content-type", media_type)]), body)


def _ended(sent: _Sent, error: ErrorAnswer | None = None, delay_ms: float = 0) -> HttpResponse:
    form = sent.form
    if form.protocol == "connect":
        metadata: dict[str, list[str]] = {}
        for each in sent.trailers:
            metadata.setdefault(each.name.lower(), []).append(each.value)
        end: dict[str, object] = {"metadata": metadata}
        if error is not None:
            end["error"] = error_json(error)
        data = envelope(_CONNECT_END, json.dumps(end).encode())
        return _open(form, [*sent.parts, Part(data, delay_ms)])
    status = Headers([(each.name, each.value) for each in sent.trailers])
    set_grpc_status(status, error)
    if form.protocol == "grpc":
        response = _open(form, [*sent.parts, Part(b"", delay_ms)])
        response.trailers = status
        return response
    lines = "".join(f"{name}: {value}\r\n" for name, value in status.items())
    data = envelope(_GRPC_WEB_TRAILERS, lines.encode())
    return _open(form, [*sent.parts, Part(data, delay_ms)])
