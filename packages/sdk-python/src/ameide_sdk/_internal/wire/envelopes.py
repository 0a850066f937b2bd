"""Envelopes around the messages of a body."""

from __future__ import annotations

import struct

from connectrpc.code import Code
from connectrpc.errors import ConnectError

_HEAD = struct.Struct(">BI")
_COMPRESSED = 0b0000_0001
END_STREAM = 0b0000_0010
"""Marks the end of a stream in the Connect protocol."""
TRAILERS = 0b1000_0000
"""Marks the trailers in the gRPC-Web protocol."""


def envelope(flags: int, content: bytes) -> bytes:
    """Puts content into an envelope."""
    return _HEAD.pack(flags, len(content)) + content


class EnvelopeScan:
    """Follows the envelopes of a body as its bytes pass.

    It finds their ends, and keeps the one that ends the body. It decodes nothing else.

    Attributes:
        begun: True once a byte has come.
        ended: True once the envelope that ends the body has begun.
        end_compressed: True if that envelope is compressed.
        end: Content of that envelope so far.
        extra: Bytes of the last chunk behind that envelope.
    """

    __slots__ = (
        "_end_bytes",
        "_end_flag",
        "_head",
        "_left",
        "_max_bytes",
        "begun",
        "end",
        "end_compressed",
        "ended",
        "extra",
    )

    def __init__(self, end_flag: int, max_bytes: int) -> None:
        """Begins before the first byte.

        Args:
            end_flag: Flag of the envelope that ends the body; 0 if the protocol has none.
            max_bytes: Largest content of the envelope that ends the body.
        """
        self._end_flag = end_flag
        self._max_bytes = max_bytes
        self._head = b""
        self._left = 0
        self._end_bytes = 0
        self.begun = False
        self.ended = False
        self.end_compressed = False
        self.end = bytearray()
        self.extra = b""

    @property
    def midway(self) -> bool:
        """True if the body so far stops in the middle of an envelope."""
        return self._left > 0 or self._head != b"" or (self.ended and not self.end_complete)

    @property
    def end_complete(self) -> bool:
        """True once the envelope that ends the body is complete."""
        return self.ended and len(self.end) == self._end_bytes

    def add(self, chunk: bytes) -> bytes:
        """Takes a chunk, and returns the bytes of messages to pass on.

        The beginning of a head is kept back until the rest of it has come.

        Raises:
            ConnectError: For an envelope that the protocol does not know, or an end that is too
                large.
        """
        if chunk == b"":
            return chunk
        self.begun = True
        if self.ended:
            self._add_to_end(chunk)
            return b""
        data = self._head + chunk if self._head else chunk
        self._head = b""
        at = 0
        while True:
            step = min(self._left, len(data) - at)
            self._left -= step
            at += step
            if self._left > 0:
                return data
            if len(data) - at < _HEAD.size:
                self._head = data[at:]
                return data[:at]
            flags, length = _HEAD.unpack_from(data, at)
            if flags & ~(_COMPRESSED | self._end_flag):
                raise ConnectError(Code.INTERNAL, f"protocol error: envelope with flags {flags}")
            if flags & self._end_flag:
                self._begin_end(flags, length)
                self._add_to_end(data[at + _HEAD.size :])
                return data[:at]
            self._left = length
            at += _HEAD.size

    def rest(self) -> bytes:
        """Returns the beginning of a head that is kept back."""
        return self._head

    def _begin_end(self, flags: int, length: int) -> None:
        if length > self._max_bytes:
            raise ConnectError(
                Code.RESOURCE_EXHAUSTED,
                f"message is larger than configured max {self._max_bytes}",
            )
        self.ended = True
        self.end_compressed = bool(flags & _COMPRESSED)
        self._end_bytes = length

    def _add_to_end(self, data: bytes) -> None:
        missing = self._end_bytes - len(self.end)
        self.end += data[:missing]
        self.extra = data[missing:]
