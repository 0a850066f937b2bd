"""Details of errors, within bounds, whatever a server sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ameide_core_proto.google.rpc.error_details_pb import BadRequest, ErrorInfo, RetryInfo
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from hypothesis import given
from hypothesis import strategies as st
from protobuf.wkt import Any, Duration

from ameide_sdk._internal.errors.details import DetailReading, promote, retry_info_ms
from ameide_sdk._internal.policy.policy import BEHAVIOR_1

KINDS = (
    "ErrorInfo",
    "RequestInfo",
    "BadRequest",
    "QuotaFailure",
    "PreconditionFailure",
    "RetryInfo",
)


def raw(kind: str, value: bytes) -> ErrorDetail:
    return ErrorDetail(Any(type_url=f"type.googleapis.com/google.rpc.{kind}", value=value))


def error_with(*details: ErrorDetail) -> ConnectError:
    return ConnectError(Code.INTERNAL, "no", details)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=64)), max_size=8))
def test_any_bytes_are_read_or_passed_over(details: list[tuple[str, bytes]]) -> None:
    bounds = replace(BEHAVIOR_1, max_message_bytes=4, max_entries=2)
    error = error_with(*(raw(kind, value) for kind, value in details))
    found = promote(error, DetailReading(bounds))
    retry_info_ms(error, bounds)
    for entries in (found.metadata, found.fields, found.quotas, found.preconditions):
        assert len(entries.first) == min(2, entries.count)
    texts = [found.reason, found.domain, found.server_request_id]
    texts += [text for pair in found.metadata.first for text in pair]
    assert all(text is None or len(text.encode()) <= 4 for text in texts)


def test_the_first_of_a_kind_that_can_be_read_counts() -> None:
    first, second = ErrorInfo(reason="FIRST"), ErrorInfo(reason="SECOND")
    error = error_with(raw("ErrorInfo", b"\x0a\x09x"), ErrorDetail(first), ErrorDetail(second))
    assert promote(error, DetailReading()).reason == "FIRST"


def test_bytes_of_a_kind_and_details_of_an_error_are_bounded() -> None:
    large, small = ErrorInfo(reason="x" * 100), ErrorInfo(reason="SMALL")
    bounds = replace(BEHAVIOR_1, max_detail_bytes=50, max_details=2)
    error = error_with(ErrorDetail(large), ErrorDetail(small))
    assert promote(error, DetailReading(bounds)).reason == "SMALL"
    late = error_with(raw("Help", b""), raw("Help", b""), ErrorDetail(small))
    assert promote(late, DetailReading(bounds)).reason is None


def test_entries_are_bounded_and_counted() -> None:
    violation = BadRequest.FieldViolation(field="f", description="d")
    error = error_with(ErrorDetail(BadRequest(field_violations=[violation] * 150)))
    found = promote(error, DetailReading())
    assert (len(found.fields.first), found.fields.count) == (100, 150)


def test_metadata_is_sorted_by_name() -> None:
    info = ErrorInfo(metadata={"c": "3", "a": "1", "b": "2"})
    found = promote(error_with(ErrorDetail(info)), DetailReading())
    assert found.metadata.first == (("a", "1"), ("b", "2"), ("c", "3"))


@pytest.mark.parametrize(
    ("delay", "ms"),
    [
        (Duration(seconds=1, nanos=500_000), 1_000.5),
        (Duration(nanos=-1), -1e-6),
        (Duration(), 0),
        (None, None),
    ],
)
def test_retry_info(delay: Duration | None, ms: float | None) -> None:
    assert retry_info_ms(error_with(ErrorDetail(RetryInfo(retry_delay=delay)))) == ms
