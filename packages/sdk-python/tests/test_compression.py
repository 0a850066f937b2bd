"""Compression of messages."""

from __future__ import annotations

import gzip

import pytest
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.wire.compression import accepted, decompressed, sent


def test_a_message_is_compressed_to_the_same_bytes() -> None:
    compression = sent({"compression": {"send": "gzip"}})
    assert compression is not None
    content = b"a" * 10_000
    [packed] = {compression.compress(content) for _ in range(3)}
    assert gzip.decompress(packed[1:]) == content
    # The modification time (RFC 1952, section 2.3).
    assert packed[5:9] == bytes(4)


def test_files_of_many_members() -> None:
    [compression] = accepted({"compression": {"accept": "gzip"}})
    member = gzip.compress(b"ab")
    assert decompressed(compression, member * 5_000, 10_000) == b"ab" * 5_000
    with pytest.raises(ConnectError) as too_large:
        decompressed(compression, member * 5_000, 9_999)
    assert too_large.value.code == Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("left_bytes", [0, 1, 9, 30])
def test_a_file_that_is_cut_off(left_bytes: int) -> None:
    [compression] = accepted({"compression": {"accept": "gzip"}})
    whole = gzip.compress(bytes(range(256)))
    with pytest.raises(ConnectError) as broken:
        decompressed(compression, whole[: len(whole) - 1 - left_bytes], 1_000)
    assert broken.value.code == Code.INTERNAL
