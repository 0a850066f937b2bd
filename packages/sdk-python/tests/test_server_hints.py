"""Hints of servers at their bounds, and of whatever else they may send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ameide_sdk._internal.policy.policy_table import MAX_SAFE_INTEGER
from ameide_sdk._internal.policy.server_hints import Hint, HintSource, hint_delay, read_hint

# 1994-11-06T08:49:37Z
WALL_NOW_MS = 784111777000
PUSHBACK = "grpc-retry-pushback-ms"
NAMES = (PUSHBACK, "retry-after-ms", "retry-after")


def hint_of(name: str, value: str) -> Hint | None:
    return read_hint(
        HintSource(lambda asked: value if asked == name else None, wall_now_ms=WALL_NOW_MS)
    )


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        (PUSHBACK, " 7\t", Hint("pushback", 7)),
        (PUSHBACK, "-1", Hint("stop")),
        (PUSHBACK, "", Hint("stop")),
        (PUSHBACK, "1, 2", Hint("stop")),
        (PUSHBACK, "9" * 5_000, Hint("pushback", MAX_SAFE_INTEGER)),
        (PUSHBACK, "0" * 5_000 + "7", Hint("pushback", 7)),
        ("retry-after-ms", "0", Hint("delay", 0, "retry-after-ms")),
        ("retry-after-ms", "9007199254740992", Hint("delay", MAX_SAFE_INTEGER, "retry-after-ms")),
        ("retry-after-ms", "1.5", None),
        ("retry-after-ms", "+1", None),
        ("retry-after-ms", "1_0", None),
        ("retry-after-ms", "\uff11", None),
        ("retry-after-ms", "1\n", None),
        ("retry-after", "9007199254741", Hint("delay", MAX_SAFE_INTEGER, "retry-after")),
        ("retry-after", "9007199254740", Hint("delay", 9007199254740000, "retry-after")),
        ("retry-after", "Sun, 06 Nov 1994 08:49:38 GMT", Hint("delay", 1_000, "retry-after")),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("retry-after", "Mon, 06 Nov 1994 08:49:38 GMT", None),
        ("retry-after", "sun, 06 nov 1994 08:49:38 GMT", None),
        ("retry-after", "Thu, 30 Feb 1995 08:49:38 GMT", None),
        ("retry-after", "Sun, 06 Nov 1994 24:00:00 GMT", None),
        ("retry-after", "Sun, 6 Nov 1994 08:49:38 GMT", None),
        ("retry-after", "Sun, 06 Nov 1994 08:49:38 UTC", None),
        ("retry-after", "Sunday, 06-Nov-94 08:49:38 GMT", None),
        ("x-retry-after", "1", None),
    ],
)
def test_hints_at_their_bounds(name: str, value: str, hint: Hint | None) -> None:
    assert hint_of(name, value) == hint


@given(st.sampled_from(NAMES), st.text() | st.from_regex(r"[0-9 ,:.GMT+-]*"))
def test_a_hint_of_any_text_is_a_wait_that_can_be_waited(name: str, value: str) -> None:
    delay_ms = hint_delay(hint_of(name, value))
    assert delay_ms is None or 0 <= delay_ms <= MAX_SAFE_INTEGER


@given(
    st.datetimes(min_value=datetime(1994, 11, 6, 8, 49, 38), max_value=datetime(9999, 12, 31)).map(
        lambda date: date.replace(microsecond=0, tzinfo=UTC)
    )
)
def test_a_date_to_come_is_the_wait_until_then(date: datetime) -> None:
    # The names of the C locale, in which tests run.
    hint = hint_of("retry-after", date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert hint == Hint("delay", date.timestamp() * 1_000 - WALL_NOW_MS, "retry-after")


@pytest.mark.parametrize(("ms", "delay_ms"), [(0.000001, 1), (0, 0), (2.5, 3), (1e300, None)])
def test_retry_info_is_rounded_up(ms: float, delay_ms: float | None) -> None:
    hint = read_hint(HintSource(lambda _: None, wall_now_ms=WALL_NOW_MS, retry_info_ms=ms))
    assert hint == Hint("delay", MAX_SAFE_INTEGER if delay_ms is None else delay_ms, "retry_info")
