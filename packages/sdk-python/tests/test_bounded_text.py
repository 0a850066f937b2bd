"""Texts of peers, whatever they hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ameide_sdk._internal.errors.bounded_text import printable, redact, summary, truncate

# Surrogates too, which JSON can state.
texts = st.text(st.characters())


@given(texts, st.integers(min_value=0, max_value=40))
def test_a_cut_is_the_longest_head_that_fits(text: str, max_bytes: int) -> None:
    kept = truncate(text, max_bytes)
    assert text.startswith(kept)
    assert size(kept) <= max_bytes
    assert kept == text or size(text[: len(kept) + 1]) > max_bytes


def size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@given(texts)
def test_what_is_printed_can_be_encoded_and_is_one_line(text: str) -> None:
    told = printable(text)
    assert len(told) == len(text)
    told.encode("utf-8")
    assert not {unicodedata.category(each) for each in told} & {"Cc", "Zl", "Zp", "Cs"}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(each) for each in told} & directions


@given(texts, st.text(st.characters(codec="ascii"), min_size=8), texts)
def test_no_secret_is_left(before: str, secret: str, after: str) -> None:
    assert secret.upper() not in redact(before + secret.upper() + after, [secret]).replace(
        "REDACTED", ""
    ).replace(before + after, "")


@pytest.mark.parametrize(
    ("text", "secrets", "told"),
    [
        ("key S3CRET-01 here", ("s3cret-01",), "key REDACTED here"),
        ("a.b+c(d* a.b+c(d*", ("a.b+c(d*",), "REDACTED REDACTED"),
        ("the short one", ("short",), "the short one"),
        ("\u0130 \u212aEY-of-A", ("key-of-a",), "\u0130 REDACTED"),
    ],
)
def test_secrets_are_taken_out(text: str, secrets: tuple[str, ...], told: str) -> None:
    assert redact(text, secrets) == told


def test_search_is_linear() -> None:
    # A pattern compares half of the secret at half of the places.
    text = "a" * 2_000_000
    assert redact(text, ["A" * 1_000_000 + "b"]) == text


def test_a_summary_marks_its_cut() -> None:
    assert summary("ab\ncd", 5) == "ab cd"
    assert summary("ab\ncde", 5) == "ab cd…"
    assert summary("ää", 3) == "ä…"
