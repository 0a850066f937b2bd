from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ameide_sdk._internal.auth.auth import AccessToken
from ameide_sdk._internal.auth.token_life import ReadToken, TokenLife, read_token
from ameide_sdk._internal.errors.config_error import Fault
from ameide_sdk._internal.policy.policy import BEHAVIOR_1
from ameide_sdk._internal.runtime.virtual_clock import VirtualClock

STAGES = ["fresh", "renewable", "ending", "expired"]


def read(**fields: Any) -> ReadToken | Fault:
    return read_token(fields, BEHAVIOR_1)


@given(
    st.datetimes(min_value=datetime.datetime(1973, 3, 4), max_value=datetime.datetime(9999, 1, 1))
)
def test_seconds_and_datetimes_say_the_same(naive: datetime.datetime) -> None:
    when = naive.replace(tzinfo=datetime.UTC)
    exact = read(token="t", expires_at=when)
    seconds = read_token(AccessToken("t", when.timestamp()), BEHAVIOR_1)
    assert isinstance(exact, ReadToken)
    assert isinstance(seconds, ReadToken)
    # A float of seconds is exact to some microseconds.
    assert seconds.expires_at_ms == pytest.approx(exact.expires_at_ms, abs=0.1, rel=0)


@given(st.integers(min_value=100_000_000_000, max_value=4_102_444_800_000))
def test_milliseconds_survive_as_seconds(ms: int) -> None:
    assert read(token="t", expires_at=ms / 1e3) == ReadToken("t", ms)


@given(
    st.one_of(
        st.just(math.nan),
        st.floats(max_value=-1e-9),
        st.floats(min_value=0, max_value=99_999_999, exclude_max=True),
        st.floats(min_value=253_402_300_801),
        st.integers(min_value=10**400),
        st.datetimes(),
        st.booleans(),
        st.text(),
        st.just(datetime.timedelta(hours=1)),
    )
)
def test_all_else_is_a_fault_that_names_no_value(expires_at: object) -> None:
    fault = read(token="t", expires_at=expires_at)
    assert isinstance(fault, Fault)
    assert fault.option == "auth.provider"
    assert "expires_at" in fault.rule


@pytest.mark.parametrize(
    "given_", [None, "token", ("t", 1), 5, {}, {"token": None}, {"token": "a\n"}]
)
def test_what_is_no_token_is_a_fault(given_: object) -> None:
    assert isinstance(read_token(given_, BEHAVIOR_1), Fault)


def test_a_token_is_not_printed() -> None:
    assert "s3cr3t" not in repr((AccessToken("s3cr3t", 1.0), read(token="s3cr3t")))


@given(
    life_ms=st.floats(min_value=-1e12, max_value=1e13) | st.just(math.inf),
    jitter=st.floats(min_value=0, max_value=1, exclude_max=True),
    steps=st.lists(st.floats(min_value=0, max_value=1e10), max_size=20),
)
def test_a_life_goes_through_its_stages_in_order(
    life_ms: float, jitter: float, steps: list[float]
) -> None:
    clock = VirtualClock()
    life = TokenLife(clock, clock.wall_now() + life_ms, BEHAVIOR_1, jitter)
    seen = [STAGES.index(life.stage())]
    for step in steps:
        clock.now_ns += round(step * 1e6)
        seen.append(STAGES.index(life.stage()))
        if life.age() < BEHAVIOR_1.min_token_use_ms:
            assert life.stage() == "fresh"
        elif life.age() >= life_ms + 1:
            assert life.stage() == "expired"
    assert seen == sorted(seen)


@given(jump_ms=st.floats(min_value=-1e10, max_value=1e10), later_ms=st.integers(0, 10**9))
def test_a_clock_that_is_set_makes_no_token_younger(jump_ms: float, later_ms: int) -> None:
    clock = VirtualClock()
    life = TokenLife(clock, clock.wall_now() + 3_600_000, BEHAVIOR_1, 0.5)
    clock.jump_wall(jump_ms)
    clock.now_ns += later_ms * 1_000_000
    assert life.age() >= later_ms
