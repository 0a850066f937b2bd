"""Answers of a script, encoded by the protocol of the request."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ameide_conformance_proto.ameide.conformance.v1.script_pb import Answer
from protobuf import Oneof
from pyqwest import Headers, Request, SyncRequest

from enveloped_answer import in_envelopes
from error_answer import error_json, http_status
from http_response import Format, HttpResponse, Part, message_of
from packing import pack


def to_http(answer: Answer, request: Request | SyncRequest) -> HttpResponse:
    """Encodes an answer by the protocol of a request, in its format."""
    form = format_of(request)
    if answer.action is not None and answer.action.field == "http":
        response = _raw(answer)
    else:
        response = in_envelopes(answer, form) if form.enveloped else _unary(answer, form)
        pack(response, answer.packing, form)
    for each in answer.headers:
        response.headers.add(each.name, each.value)
    _compress(response, answer.content_coding)
    return response


_MEDIA_TYPE = re.compile(r"application/(connect\+|grpc-web\+?|grpc\+?)?(json|proto)?")


def format_of(request: Request | SyncRequest) -> Format:
    """Tells in which form a request wants its answer.

    The message of a GET is in its query; other requests state the format by their media type.
    """
    if request.method == "GET":
        query = parse_qs(urlsplit(request.url).query)
        return Format("connect", query.get("encoding") == ["json"], False)
    found = _MEDIA_TYPE.fullmatch(request.headers.get("content-type", ""))
    prefix, encoding = found.groups() if found else (None, None)
    protocol: Any = (prefix or "connect").rstrip("+")
    return Format(protocol, encoding == "json", prefix is not None)


def _compress(response: HttpResponse, coding: str) -> None:
    if not coding:
        return
    if coding != "gzip":
        raise ValueError(f"no body is compressed by {coding}")
    data = gzip.compress(b"".join(part.data for part in response.body))
    response.headers["content-encoding"] = coding
    response.headers["content-length"] = str(len(data))
    response.body = [Part(data)]


def _raw(answer: Answer) -> HttpResponse:
    assert answer.action is not None
    raw: Any = answer.action.value
    data = bytes(raw.body_zeros) if raw.body_zeros else raw.body_bytes or raw.body.encode()
    headers = Headers([("content-type", raw.content_type)] if raw.content_type else [])
    trailers = Headers([(each.name, each.value) for each in answer.trailers])
    return HttpResponse(raw.status, headers, [Part(data)], trailers)


def _unary(answer: Answer, form: Format) -> HttpResponse:
    status, media_type = 200, "application/json" if form.is_json else "application/proto"
    data = message_of(answer, form.is_json)
    if data is None:
        action: Any = answer.action
        match action:
            case Oneof(field="error", value=error):
                status, media_type = http_status(error), "application/json"
                data = json.dumps(error_json(error)).encode()
            case _:
                raise ValueError("an answer of the script is none to a unary call")
    headers = Headers([("content-type", media_type)])
    # Connect protocol, "Unary-Response": its trailers are headers with a prefix.
    for each in answer.trailers:
        headers.add(f"trailer-{each.name}", each.value)
    return HttpResponse(status, headers, [Part(data)])
