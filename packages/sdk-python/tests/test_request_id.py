"""Ids and keys as RFC 9562 and HTTP have them."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ameide_sdk._internal.runtime.request_id import (
    is_idempotency_key,
    is_request_id,
    uuid_v4,
    uuid_v7,
)

random_bytes = st.binary(min_size=16, max_size=16)


@given(st.integers(min_value=0, max_value=2**48 - 1), random_bytes)
def test_uuid_v7_begins_with_the_time(ms: int, data: bytes) -> None:
    text = uuid_v7(ms + 0.5, lambda _: data)
    made = uuid.UUID(text)
    assert (str(made), made.version, made.variant) == (text, 7, uuid.RFC_4122)
    assert made.int >> 80 == ms
    assert made.bytes[9:] == data[9:]


@given(random_bytes)
def test_uuid_v4_is_that_of_the_standard_library(data: bytes) -> None:
    assert uuid_v4(lambda _: data) == str(uuid.UUID(bytes=data, version=4))


def test_what_may_be_sent() -> None:
    assert is_request_id("~" * 128)
    assert not any(map(is_request_id, ["", "a b", "a\n", "ä", "a" * 129, b"a", None]))
    assert is_idempotency_key("a b" + "c" * 252)
    assert not any(map(is_idempotency_key, ["", " a", "a ", " ", "a\n", "ä", "a" * 256, 1]))
