"""Texts of exceptions that others raised."""

from __future__ import annotations

import pytest
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from hypothesis import given
from hypothesis import strategies as st

from ameide_sdk._internal.errors.causes import causes_of
from ameide_sdk._internal.errors.thrown_text import thrown_text, thrown_text_without_tokens


def test_each_text_is_told_once_along_the_causes() -> None:
    inner = ConnectionRefusedError(111, "Connection refused")
    middle = ExceptionGroup("all addresses failed", [inner, ValueError("no route")])
    outer = RuntimeError("cannot connect")
    outer.__cause__ = middle
    assert thrown_text(outer) == (
        "cannot connect: all addresses failed (2 sub-exceptions): [Errno 111] Connection refused: "
        "no route (ECONNREFUSED)"
    )


def test_what_was_merely_being_handled_is_not_told() -> None:
    error = ValueError("shown")
    error.__context__ = KeyError("hidden")
    assert thrown_text(error) == "shown"


def test_causes_that_lead_back_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert causes_of(first) == [first, second]


@pytest.mark.parametrize(
    ("thrown", "text"),
    [
        (ConnectError(Code.INTERNAL, "its own words"), "its own words"),
        (TimeoutError(), "TimeoutError"),
        (
            ValueError("GET http://u:p@h.example:81/a/b?q=1#f failed"),
            "GET http://h.example:81/a/b failed",
        ),
        (ValueError("GET http://[::1]:81/a?q failed"), "GET http://[::1]:81/a failed"),
        (ValueError("GET http://h:x/?q failed"), "GET an address failed"),
        (ValueError("a\r\n\x1b[31mb\u202e"), "a [31mb"),
    ],
)
def test_addresses_and_control_characters(thrown: Exception, text: str) -> None:
    assert thrown_text(thrown) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"access_token":"abc"}', '{"access_token":"REDACTED"}'),
        ("client_secret=abc&x=1", "client_secret=REDACTED&x=1"),
        ("Authorization: Bearer abc", "Authorization: Bearer REDACTED"),
        ("got eyJhbGciOi.J9.x", "got REDACTED"),
        ("key A1b2C3d4E5f6G7h8I9", "key REDACTED"),
        ("internationalization failed", "internationalization failed"),
        ("-----BEGIN RSA PRIVATE KEY-----MII", "REDACTED"),
    ],
)
def test_what_looks_like_a_credential_is_taken_out(text: str, told: str) -> None:
    assert thrown_text_without_tokens(ValueError(text)) == told


@given(st.text(st.characters()))
def test_any_text_is_told_on_one_line(text: str) -> None:
    told = thrown_text_without_tokens(ValueError(text))
    told.encode("utf-8")
    assert len(told.splitlines()) <= 1
