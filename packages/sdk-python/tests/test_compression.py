"""Compression of messages."""

from __future__ import annotations

import gzip

import pytest
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.options.options import CompressionOptions
from ameide_sdk._internal.wire.compression import accepted, decompressed, sent


def test_a_message_is_compressed_to_the_same_bytes() -> None:
    compression = sent({"compression": {"send": "gzip"}})
    assert compression is not None
    content = b"a" * 10_000
    [packed] = {compression.compress(content) for _ in range(3)}
    assert gzip.decompress(packed[1:]) == content
    # The modification time (RFC 1952, section 2.3).
    assert packed[5:9] == bytes(4)


@pytest.mark.parametrize(
    ("options", "plain_bytes"),
    [({}, 1_023), ({"min_bytes": 0}, -1), ({"min_bytes": 3}, 2)],
)
def test_messages_from_min_bytes_on_are_compressed(
    options: CompressionOptions, plain_bytes: int
) -> None:
    compression = sent({"compression": {"send": "gzip", **options}})
    assert compression is not None
    assert compression.compress(b"a" * max(plain_bytes, 0))[0] == (0 if plain_bytes >= 0 else 1)
    assert compression.compress(b"a" * (plain_bytes + 1))[0] == 1


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
