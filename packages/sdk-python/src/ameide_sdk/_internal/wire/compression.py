"""Compression of messages.

Connect compresses every message of a client. Here, one that is too short to gain by it is left as
it is: what Connect gets begins with a byte that says which it is, and the recorder takes it off
before the message is sent.
"""

from __future__ import annotations

import gzip
import importlib
import struct
import sys
import zlib
from typing import cast

from connectrpc.code import Code
from connectrpc.compression import Compression
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import ClientOptions, CompressionName
from ameide_sdk._internal.policy.policy_table import default_number

_PLAIN = b"\x00"
_COMPRESSED = b"\x01"
_ENVELOPE_HEAD = struct.Struct(">BI")
_PART_BYTES = 4 * 1_024


def accepted(options: ClientOptions) -> list[Compression]:
    """Returns the compressions of answers that a client accepts.

    Raises:
        AmeideError: CONFIG_INVALID if the runtime has no such compression.
    """
    name = options.get("compression", {}).get("accept", "none")
    found = _compression(name, "compression.accept")
    return [] if found is None else [found]


def sent(options: ClientOptions) -> Compression | None:
    """Returns the compression of requests.

    Raises:
        AmeideError: CONFIG_INVALID if the runtime has no such compression.
    """
    stated = options.get("compression", {})
    found = _compression(stated.get("send", "none"), "compression.send")
    min_bytes = stated.get("min_bytes", default_number("compression.min_bytes"))
    return found and _SentCompression(found, min_bytes)


def unpacked(content: bytes) -> tuple[bytes, bool]:
    """Returns a message that `sent` made, as it is sent, and whether it is compressed."""
    return content[1:], content[:1] == _COMPRESSED


def unpacked_envelope(envelope: bytes) -> bytes:
    """Returns an envelope around a message that `sent` made, as it is sent."""
    content, is_compressed = unpacked(envelope[_ENVELOPE_HEAD.size :])
    return _ENVELOPE_HEAD.pack(is_compressed, len(content)) + content


class _SentCompression(Compression):
    def __init__(self, inner: Compression, min_bytes: int) -> None:
        self._inner = inner
        self._min_bytes = min_bytes

    def name(self) -> str:
        return self._inner.name()

    def compress(self, data: bytes | bytearray | memoryview) -> bytes:
        if len(data) < self._min_bytes:
            return _PLAIN + data
        return _COMPRESSED + self._inner.compress(data)

    def decompress(
        self, data: bytes | bytearray | memoryview, read_max_bytes: int | None = None
    ) -> bytes:
        return self._inner.decompress(data, read_max_bytes)


class _Gzip(Compression):
    def name(self) -> str:
        return "gzip"

    # Without the time, which would differ between equal messages.
    def compress(self, data: bytes | bytearray | memoryview) -> bytes:
        return gzip.compress(data, compresslevel=6, mtime=0)

    # In small parts: of each, what follows a member of the file is copied (RFC 1952, section 2.2).
    def decompress(
        self, data: bytes | bytearray | memoryview, read_max_bytes: int | None = None
    ) -> bytes:
        found = bytearray()
        limit = sys.maxsize if read_max_bytes is None else read_max_bytes + 1
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        for start in range(0, len(data), _PART_BYTES):
            part = bytes(data[start : start + _PART_BYTES])
            while part:
                if member.eof:
                    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
                found += member.decompress(part, limit - len(found))
                if len(found) == limit:
                    raise ConnectError(
                        Code.RESOURCE_EXHAUSTED,
                        f"message is larger than configured max {read_max_bytes}",
                    )
                part = member.unused_data
        if data and not member.eof:
            raise EOFError("the compressed data ends before its end")
        return bytes(found)


def _compression(name: CompressionName, option: str) -> Compression | None:
    match name:
        case "none":
            return None
        case "gzip":
            return _Gzip()
        case "br":
            try:
                module = importlib.import_module("connectrpc.compression.brotli")
            except ImportError:
                raise config_error(
                    option, "needs the package brotli, which is not installed"
                ) from None
            return cast("Compression", module.BrotliCompression())


def decompressed(compression: Compression, content: bytes, read_max_bytes: int) -> bytes:
    """Decompresses what a peer sent.

    Raises:
        ConnectError: `resource_exhausted` if it is over the limit then, `internal` if it cannot be
            read.
    """
    try:
        return compression.decompress(content, read_max_bytes)
    except ConnectError:
        raise
    except Exception as error:
        raise ConnectError(Code.INTERNAL, f"decompress: {error}") from error
