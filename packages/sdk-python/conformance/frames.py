"""Frames: a length of 4 bytes, big-endian, then as many bytes of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO


def read_frames(source: IO[bytes]) -> Iterator[bytes]:
    """Yields the texts of a stream until it ends.

    Raises:
        EOFError: It ends within a frame.
    """
    while head := source.read(4):
        size = int.from_bytes(head, "big")
        text = source.read(size)
        if len(head) < 4 or len(text) < size:
            raise EOFError("the input ends within a frame")
        yield text


def to_frame(text: bytes) -> bytes:
    """Makes a frame of a text."""
    return len(text).to_bytes(4, "big") + text
