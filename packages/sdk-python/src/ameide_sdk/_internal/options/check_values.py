"""Checks of single values that users set."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias, TypeGuard

from ameide_sdk._internal.errors.config_error import (
    CODE_NAMES,
    Fault,
    config_error,
    config_errors,
    config_fault,
    duration_fault,
    is_code,
    naming_config_error,
    naming_config_fault,
)
from ameide_sdk._internal.errors.did_you_mean import not_an_option
from ameide_sdk._internal.options.options import (
    Duration,
    is_list,
    is_mapping,
    milliseconds,
    option_name,
)
from ameide_sdk._internal.options.reserved_headers import ReservedNames
from ameide_sdk._internal.policy.policy_table import ValueRule, bounds_of, names_of


@dataclass(frozen=True, slots=True)
class OptionRules(ReservedNames):
    """Facts that the rules of options depend on.

    Attributes:
        max_max_attempts: Maximum number of attempts a policy may ask for.
    """

    max_max_attempts: int


Check: TypeAlias = Callable[[object, str, OptionRules], None]
"""Checks that a value keeps the rule of an option; raises if it does not."""


def rule(
    text: str, holds: Callable[[Any], bool], fault: Callable[..., Any] = config_fault
) -> Check:
    """Returns the check of a rule.

    Args:
        text: The rule in words.
        holds: Reports whether a value keeps it.
        fault: Creates the fault; one that shows the value if values are not secrets.
    """

    def check(value: object, option: str, _rules: OptionRules) -> None:
        if not holds(value):
            raise config_errors([fault(option, text, value)])

    return check


def one_of(*values: str | int) -> Check:
    """Returns the check of a value of which only certain ones are known."""
    known = [str(each) for each in values]

    def check(value: object, option: str, _rules: OptionRules) -> None:
        # True is 1, and no version.
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in values:
            raise naming_config_error(option, f"must be one of {', '.join(known)}", value, known)

    return check


def check_is_object(value: object, option: str, what: str = "a dict") -> Mapping[Any, Any]:
    """Returns a value that is a mapping.

    Args:
        value: Value of an option.
        option: Name of the option.
        what: Text of the error for what it should be.

    Raises:
        AmeideError: CONFIG_INVALID if it is none.
    """
    if not is_mapping(value):
        raise config_error(option, f"must be {what}", value)
    return value


def quoted(text: str, most: int) -> str:
    """Returns the beginning of a text as JSON; half of a surrogate pair is escaped."""
    written = json.dumps(text[:most], ensure_ascii=False)
    return written.encode("utf-8", "backslashreplace").decode()


_SHOWN_NAME = re.compile(r"[ -~]{1,64}")


def member_path(option: str, name: object) -> str:
    """Returns the path of a member.

    A name is the caller's too: it is not repeated if it is long or not a text.
    """
    is_shown = isinstance(name, str) and _SHOWN_NAME.fullmatch(name) is not None
    shown = name if is_shown else "(a name that is no text of at most 64 characters)"
    return f"{option}.{shown}" if option else f"{shown}"


def object_of(members: Mapping[str, Check], listed_in: str | None = None) -> Check:
    """Returns the check of a dict.

    Args:
        members: Checks of its members.
        listed_in: Name of the type that lists the members, if they are many.
    """
    known = tuple(members)

    def check(value: object, option: str, rules: OptionRules) -> None:
        for name, member in check_is_object(value, option or "options").items():
            path = member_path(option, name)
            found = members.get(name) if isinstance(name, str) else None
            if found is None:
                raise config_error(path, _unknown(str(name), known, listed_in))
            found(member, path, rules)

    return check


def _unknown(name: str, known: Sequence[str], listed_in: str | None) -> str:
    # Connect's own parameters are milliseconds.
    meant = option_name(name)
    if meant != name and meant in known:
        return f"did you mean {meant}, in seconds? It is not an option"
    return not_an_option(name, known, listed_in, _WITHIN)


# Correct place of members that are often stated a level too high.
_WITHIN: Mapping[str, str] = {
    "token": "auth",
    "provider": "auth",
    **{option_name(name): "retry" for name in names_of("retry")},
    "capacity": "budget",
    "throttle_cost": "budget",
    "ca": "tls",
    "certificate": "tls",
    "key": "tls",
}


def is_list_of(value: object, holds: Callable[[Any], bool]) -> bool:
    """Reports whether a value is a list, or like one, of what keeps a rule."""
    return is_list(value) and all(holds(each) for each in value)


def is_number(value: object) -> TypeGuard[float]:
    """Reports whether a value is a number that is neither infinite nor NaN."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -math.inf < value < math.inf


def _is_duration(value: object) -> TypeGuard[Duration]:
    return value > timedelta(0) if isinstance(value, timedelta) else is_number(value) and value > 0


def _seconds_fault(option: str, text: str, value: object) -> Fault:
    return duration_fault(option, text, value, unit="s")


BOOLEAN = rule("must be True or False", lambda value: isinstance(value, bool), naming_config_fault)
"""Checks a flag."""

FUNCTION = rule("must be a function", callable)
"""Checks a callback."""

DURATION = rule(
    "must be a finite number of seconds greater than 0, or a timedelta",
    _is_duration,
    _seconds_fault,
)
"""Checks a time limit."""


def _whole_milliseconds(least: int, most: int) -> Check:
    def holds(value: object) -> bool:
        ms = milliseconds(value) if _is_duration(value) else None
        return isinstance(ms, int) and least <= ms <= most

    text = f"must be whole milliseconds, in seconds from {least / 1_000}, or a timedelta"
    return rule(text, holds, _seconds_fault)


def _integer(least: int, most: int) -> Check:
    return rule(
        f"must be an integer from {least} to {most}",
        lambda value: (
            isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        ),
        naming_config_fault,
    )


def _codes(value: object, option: str, _rules: OptionRules) -> None:
    text = "must be a list of codes in Connect's spelling, such as aborted"
    if not is_list(value):
        raise config_error(option, text, value)
    for code in value:
        if not is_code(code):
            raise naming_config_error(option, text, code, CODE_NAMES)


def check_of(name: str, row: ValueRule) -> Check:
    """Returns the check of a value of the policy table, as code states it."""
    if row.is_ == "timeout":
        return DURATION
    if row.is_ == "integer":
        kind = _whole_milliseconds if name.endswith("_ms") else _integer
        if row.max != "max_max_attempts":
            return kind(row.min, row.max)
        return lambda value, option, rules: kind(*bounds_of(row, rules.max_max_attempts))(
            value, option, rules
        )
    if row.is_ == "word":
        return one_of(*row.words)
    return _codes if row.is_ == "codes" else BOOLEAN
