"""Errors for wrong options, in the terms of Python."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Literal

import pytest

from ameide_sdk._internal.errors.config_error import (
    config_error,
    config_errors,
    config_fault,
    duration_fault,
    naming_config_fault,
)
from ameide_sdk._internal.errors.did_you_mean import not_an_option


def test_an_error_lists_its_faults() -> None:
    faults = [config_fault("tenant", "must be a string", None), config_fault("app_name", "is long")]
    error = config_errors(faults, 5)
    assert error.message == (
        "5 options are wrong: tenant: must be a string, got None; app_name: is long"
    )
    assert [each.field for each in error.field_violations] == ["tenant", "app_name"]
    assert config_error("timeout", "must be a number", []).message == (
        "option timeout: must be a number, got a list"
    )


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        (True, "True"),
        (-2, "a negative number (-2)"),
        (2.5, "2.5"),
        (0, "zero"),
        (math.nan, "NaN"),
        (-math.inf, "an infinite number"),
        (timedelta(seconds=-1), "a negative timedelta (-1 day, 23:59:59)"),
        (timedelta(0), "zero"),
        (10**5_000, "a number"),
        ("secret", "a string"),
        ("", "an empty string"),
        ({"a": 1}, "a dict"),
        (["a"], "a list"),
        (print, "a function"),
        ({"a"}, "an iterable"),
        (object(), "an object"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_told_where_they_can_be_no_secret(value: object, got: str) -> None:
    assert naming_config_fault("option", "rule", value).got == f", got {got}"


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("5s", "s", "5"),
        ("250ms", "s", "0.25"),
        ("5", "s", "5"),
        ("1.5 h", "s", "5400"),
        ("5", "ms", "5"),
        ("2min", "ms", "120000"),
    ],
)
def test_a_duration_with_a_unit_is_told_its_number(
    text: str, unit: Literal["ms", "s"], number: str
) -> None:
    name = {"s": "seconds", "ms": "milliseconds"}[unit]
    fault = duration_fault("timeout", "rule", text, unit)
    assert (fault.rule, fault.got) == (f'must be a number of {name}: {number}, not "{text}"', "")


@pytest.mark.parametrize("text", ["5 days", "5e3", "\u0665", "", "-5s"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert duration_fault("timeout", "rule", text).rule == "rule"


def test_an_unknown_option_is_told_where_it_belongs() -> None:
    within = {"max_attempts": "retry"}
    assert not_an_option("max_attempts", ["retry", "timeout"], None, within) == (
        'is not an option here; it is one of retry: retry={"max_attempts": …}'
    )
    assert not_an_option("tiemout", ["retry", "timeout"]) == (
        "did you mean timeout? It is not an option"
    )
    assert not_an_option("zzz", ["retry", "auth"]) == "is not an option; known here: auth, retry"
