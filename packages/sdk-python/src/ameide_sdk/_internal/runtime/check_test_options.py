"""Checks of the options of `ameide_sdk.testing`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ameide_sdk._internal.errors.config_error import config_error, naming_config_error
from ameide_sdk._internal.errors.did_you_mean import not_an_option


@dataclass(frozen=True, slots=True)
class TestRule:
    """Rule of an option."""

    __test__ = False

    text: str
    holds: Callable[[object], bool]


A_BOOLEAN = TestRule("must be True or False", lambda value: isinstance(value, bool))
A_FUNCTION = TestRule("must be a function", callable)
A_NUMBER = TestRule(
    "must be a finite number",
    lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ),
)
A_DICT = TestRule("must be a dict", lambda value: isinstance(value, Mapping))


def having(*names: str) -> TestRule:
    """Returns the rule for objects with methods of these names."""
    return TestRule(
        f"must have the methods {', '.join(names)}",
        lambda value: all(callable(getattr(value, name, None)) for name in names),
    )


def check_test_value(option: str, value: object, rule: TestRule) -> None:
    """Checks one value.

    Raises:
        AmeideError: CONFIG_INVALID, naming the option and the rule.
    """
    if not rule.holds(value):
        raise naming_config_error(option, rule.text, value)


def check_test_options(
    option: str, value: Mapping[str, object], rules: Mapping[str, TestRule]
) -> None:
    """Checks options, all of which may be absent.

    Raises:
        AmeideError: CONFIG_INVALID, naming the option and the rule.
    """
    check_test_value(option, value, A_DICT)
    for name, member in value.items():
        rule = rules.get(name)
        if rule is None:
            raise config_error(f"{option}.{name[:64]}", not_an_option(name, list(rules)))
        check_test_value(f"{option}.{name}", member, rule)
