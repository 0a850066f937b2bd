"""Compression of answers, asked for or not."""

from __future__ import annotations

import gzip

from ameide_conformance_proto.ameide.conformance.v1.script_pb import Packing

from http_response import Format, HttpResponse, Part, envelope

_COMPRESSED = 1


def pack(response: HttpResponse, packing: Packing, form: Format) -> None:
    """Compresses an answer: its body, or the content of its envelopes."""
    if packing == Packing.UNSPECIFIED:
        return
    if packing != Packing.UNTOLD_GZIP:
        response.headers[_encoding_header(form)] = "gzip"

    def compress(data: bytes) -> bytes:
        return data if packing == Packing.BROKEN_GZIP else gzip.compress(data)

    def packed(data: bytes) -> bytes:
        if not data or not form.enveloped:
            return data and compress(data)
        return envelope(data[0] | _COMPRESSED, compress(data[5:]))

    response.body = [Part(packed(part.data), part.delay_ms) for part in response.body]


def _encoding_header(form: Format) -> str:
    if form.protocol != "connect":
        return "grpc-encoding"
    return "connect-content-encoding" if form.enveloped else "content-encoding"
