"""`AmeideError` as a Python exception: its texts, copies and causes."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from ameide_core_proto.google.rpc.error_details_pb import BadRequest, ErrorInfo
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.request import Headers
from pyqwest import Headers as HTTPHeaders

from ameide_sdk._internal.errors.errors import AmeideError, AttemptFailure, ErrorFacts
from ameide_sdk._internal.policy.failure import Sent

SECRET = "s3cret-0123456789"
ADDRESS = "http://127.0.0.1:8080/acme.v1.Billing/Charge?message=c2VjcmV0"


def attempt(code: str, sent: Sent = "maybe") -> AttemptFailure:
    return AttemptFailure(code=code, class_="AMBIGUOUS", sent=sent, message="", duration_ms=5)


def servers_error() -> AmeideError:
    violation = BadRequest.FieldViolation(field="f", description="d\n" + "ä" * 200)
    info = ErrorInfo(reason="R", domain="d.example", metadata={"token": SECRET})
    text = f"bad {SECRET.upper()}\x1b[31m\n" + "x" * 3_000
    source = ConnectError(
        Code.PERMISSION_DENIED, text, [info, BadRequest(field_violations=[violation] * 12)]
    )
    source.__cause__ = ConnectionResetError(f"POST {ADDRESS}")
    facts = ErrorFacts(
        origin="server",
        method="acme.v1.Billing/Charge",
        attempts=(attempt("unavailable", "yes"),),
        stop_reason="not_retryable",
        explanation="permission_denied from the server is not a transient failure",
        secrets=(SECRET,),
        metadata=HTTPHeaders([("set-cookie", SECRET), ("set-cookie", "b")]),
    )
    return AmeideError(source, facts)


def test_its_details_are_promoted_within_bounds() -> None:
    error = servers_error()
    assert error.message.startswith("bad REDACTED\x1b[31m\nx")
    assert len(error.message) == 1_024
    assert (error.reason, error.domain) == ("R", "d.example")
    assert error.reason_metadata == {"token": "REDACTED"}
    assert error.field_violations[0].description == "d\n" + "ä" * 200
    assert len(error.field_violations) == 12
    assert [detail.type_name for detail in error.details] == [
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
    ]
    assert error.metadata.getall("set-cookie") == [SECRET, "b"]
    assert isinstance(error.cause, ConnectionResetError)


def test_its_json_has_the_first_entries_and_the_number_of_the_others() -> None:
    printed = servers_error().to_json()
    assert printed["fieldViolations"][0] == {"field": "f", "description": f"d {'ä' * 127}…"}
    assert printed["fieldViolations"][10:] == [{"field": "…", "description": "2 more"}]
    assert printed["attempts"][0]["durationMs"] == 5
    assert "requestId" not in printed


def logged(error: AmeideError) -> str:
    record = logging.LogRecord("a", 40, __file__, 1, "failed", None, None)
    try:
        raise error
    except AmeideError as caught:
        record.exc_info = (type(caught), caught, caught.__traceback__)
    return logging.Formatter().format(record)


@pytest.mark.parametrize(
    "tell",
    [
        str,
        repr,
        lambda error: json.dumps(error.to_json(), ensure_ascii=False),
        logged,
        traceback.format_exception_only,
    ],
)
def test_its_texts_hold_no_secret_no_header_and_no_query(
    tell: Callable[[AmeideError], object],
) -> None:
    told = str(tell(servers_error()))
    assert "permission_denied" in told
    assert "bad REDACTED" in told
    assert not any(each in told for each in (SECRET, SECRET.upper(), "cookie", "message=", "\x1b"))
    assert len(told.encode()) < 12_000


def test_its_text_says_why_it_was_not_tried_again() -> None:
    first, *_ = str(servers_error()).split("\n")
    assert first.endswith("(permission_denied from the server is not a transient failure)")
    bare = AmeideError(ConnectError(Code.ABORTED, ""), ErrorFacts(origin="server"))
    assert str(bare) == "aborted"


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_says_the_same(copied: Callable[[AmeideError], AmeideError]) -> None:
    error = servers_error()
    other = copied(error)
    assert type(other) is AmeideError
    assert (str(other), other.to_json()) == (str(error), error.to_json())
    assert (other.code, other.args) == (error.code, error.args)
    assert (other.attempts, other.field_violations) == (error.attempts, error.field_violations)
    assert list(other.metadata.allitems()) == list(error.metadata.allitems())
    assert [(each.type_name, each.message_bytes) for each in other.details] == [
        (each.type_name, each.message_bytes) for each in error.details
    ]
    assert other.cause is None


def test_a_pickle_has_no_secret_but_in_raw_details_and_headers() -> None:
    error = AmeideError(
        ConnectError(Code.INTERNAL, f"bad {SECRET}"),
        ErrorFacts(origin="server", secrets=(SECRET,)),
    )
    assert SECRET.encode() not in pickle.dumps(error)


def test_an_error_of_another_code_has_the_other_as_cause() -> None:
    source = ConnectError(Code.UNKNOWN, "cut", [ErrorDetail(ErrorInfo(reason="R"))])
    error = AmeideError(source, ErrorFacts(origin="transport"), Code.UNAVAILABLE)
    assert (error.code, error.reason, error.cause) == (Code.UNAVAILABLE, "R", source)


def test_the_servers_id_is_told_only_if_it_is_another() -> None:
    source = ConnectError(Code.UNKNOWN, "")
    for known, told in (("a", None), ("b", "b"), (None, None)):
        facts = ErrorFacts(origin="server", request_id="a", server_request_id=known)
        assert AmeideError(source, facts).server_request_id == told


def test_a_call_is_added_to_an_error_that_is_of_none() -> None:
    def raised() -> AmeideError:
        try:
            raise AmeideError(
                ConnectError(Code.UNAVAILABLE, "closed"),
                ErrorFacts(origin="client", reason="CLIENT_CLOSED", metadata=Headers({"a": "b"})),
            )
        except AmeideError as error:
            return error

    error = raised()
    known = error.with_call(
        ErrorFacts(origin="server", method="a/B", request_id="1", attempts=(attempt("internal"),))
    )
    assert (known.method, known.request_id, len(known.attempts)) == ("a/B", "1", 1)
    assert (known.origin, known.reason) == ("client", "CLIENT_CLOSED")
    assert dict(known.metadata) == {"a": "b"}
    assert known.__traceback__ is error.__traceback__
    assert error.method is None


def test_from_exception_of_any_exception() -> None:
    known = servers_error()
    assert AmeideError.from_exception(known) is known
    thrown = KeyError("x")
    error = AmeideError.from_exception(thrown)
    assert (error.code, error.origin, error.message, error.cause) == (
        Code.UNKNOWN,
        "client",
        "'x'",
        thrown,
    )
    assert AmeideError.from_exception(thrown, Code.INTERNAL).code is Code.INTERNAL
    assert AmeideError.from_exception(TimeoutError()).code is Code.DEADLINE_EXCEEDED
    assert AmeideError.from_exception(asyncio.CancelledError()).code is Code.CANCELED
    plain = ConnectError(Code.NOT_FOUND, "gone")
    assert AmeideError.from_exception(plain).code is Code.NOT_FOUND


def test_a_header_that_was_refused_is_not_told() -> None:
    error = AmeideError.from_exception(ValueError(f"Invalid header value: {SECRET}"))
    assert SECRET not in str(error)
    assert error.cause is None


def test_an_exception_without_a_text_is_told_by_its_class() -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert AmeideError.from_exception(UnspeakableError()).message == "UnspeakableError"


async def canceled() -> None:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError as error:
        error.__cause__ = AmeideError(
            ConnectError(Code.CANCELED, "the caller canceled the call"),
            ErrorFacts(
                origin="client",
                stop_reason="canceled",
                attempts=(attempt("unavailable"), attempt("canceled")),
            ),
        )
        raise


async def test_a_canceled_task_tells_its_attempts() -> None:
    task = asyncio.create_task(canceled())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    error = AmeideError.from_exception(caught.value)
    assert (error.code, error.stop_reason, len(error.attempts)) == (Code.CANCELED, "canceled", 2)


async def by_timeout() -> None:
    async with asyncio.timeout(0):
        await canceled()


async def by_wait_for() -> None:
    await asyncio.wait_for(canceled(), 0.001)


@pytest.mark.parametrize("limited", [by_timeout, by_wait_for])
async def test_a_timeout_of_the_caller_is_a_deadline(
    limited: Callable[[], asyncio.Future[None]],
) -> None:
    with pytest.raises(TimeoutError) as caught:
        await limited()
    error = AmeideError.from_exception(caught.value)
    assert (error.code, error.stop_reason) == (Code.DEADLINE_EXCEEDED, "deadline")
    assert [each.code for each in error.attempts] == ["unavailable", "deadline_exceeded"]
    assert error.to_json()["code"] == "deadline_exceeded"
