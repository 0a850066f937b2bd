"""Errors for wrong options."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.details import bad_request
from ameide_sdk._internal.errors.did_you_mean import did_you_mean
from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts

CODE_NAMES: tuple[str, ...] = tuple(code.value for code in Code)
"""All codes in Connect's spelling."""


def is_code(value: object) -> bool:
    """Reports whether a value is a code in Connect's spelling: `permission_denied`."""
    return isinstance(value, str) and value in CODE_NAMES


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault of an option, or of a value of a document.

    Attributes:
        got: Text such as `, got a string`.
    """

    option: str
    rule: str
    got: str = ""


class _Nothing:
    pass


_NOTHING = _Nothing()


def config_fault(option: str, rule: str, value: object = _NOTHING) -> Fault:
    """Creates a fault that names the type of the value, never the value, which may be a secret."""
    return Fault(option, rule, "" if value is _NOTHING else f", got {_value_class(value)}")


# Longer numbers are no help, and Python refuses to write very long ones.
_MOST_SHOWN = 1e21
_NAMABLE = re.compile(r"[\w.-]{1,32}", re.ASCII)


def naming_config_fault(option: str, rule: str, value: object, known: Sequence[str] = ()) -> Fault:
    """Creates a fault that shows the value, where that cannot be a secret.

    Those are numbers, times, booleans, and words of a known set, of which the nearest is suggested.
    """
    if isinstance(value, str) and known and _NAMABLE.fullmatch(value):
        return Fault(option, did_you_mean(value, known) + rule, f", got {value}")
    if isinstance(value, str) and value.strip() in known:
        return Fault(option, rule, f", got {value.strip()} with white space around it")
    if isinstance(value, bool):
        return Fault(option, rule, f", got {value}")
    size = _size_of(value)
    if size is None or size == 0 or not abs(size) < _MOST_SHOWN:
        return config_fault(option, rule, value)
    got = f"{_value_class(value)} ({value})" if size < 0 else f"{value}"
    return Fault(option, rule, f", got {got}")


def duration_fault(option: str, rule: str, value: object, unit: Literal["ms", "s"] = "ms") -> Fault:
    """Creates a fault of a duration.

    A text that is a duration is answered with the number to write instead; no secret has this form.

    Args:
        option: Name of the option.
        rule: Rule that the value breaks.
        value: The value.
        unit: Unit of the option.
    """
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return naming_config_fault(option, rule, value)
    number = float(found[1]) * _UNIT_MS[found[2] or unit] / _UNIT_MS[unit]
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return Fault(option, f'must be a number of {_UNIT_NAMES[unit]}: {text}, not "{value}"')


# Matches `5s`, `1.5 s`, `250ms` and `250`.
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|min|h)?", re.ASCII)
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_UNIT_NAMES = {"ms": "milliseconds", "s": "seconds"}


_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")


def config_errors(faults: Sequence[Fault], count: int | None = None) -> AmeideError:
    """Creates the error for wrong options.

    It has the code `invalid_argument`, origin `client` and reason `CONFIG_INVALID`, and names each
    option, its rule, and what was given instead.

    Args:
        faults: Listed faults.
        count: Number of all faults, if not all are listed.
    """
    number = len(faults) if count is None else count
    is_variable = len(faults) > 0 and _VARIABLE.fullmatch(faults[0].option)
    one = "environment variable" if is_variable else "option"
    what = one if number == 1 else f"{number} options are wrong:"
    texts = "; ".join(f"{fault.option}: {fault.rule}{fault.got}" for fault in faults)
    detail = bad_request((fault.option, fault.rule) for fault in faults)
    source = ConnectError(Code.INVALID_ARGUMENT, f"{what} {texts}", [detail])
    return AmeideError(source, ErrorFacts(origin="client", reason="CONFIG_INVALID"))


def config_error(option: str, rule: str, value: object = _NOTHING) -> AmeideError:
    """Creates the error for one `config_fault`."""
    return config_errors([config_fault(option, rule, value)])


def naming_config_error(
    option: str, rule: str, value: object, known: Sequence[str] = ()
) -> AmeideError:
    """Creates the error for one `naming_config_fault`."""
    return config_errors([naming_config_fault(option, rule, value, known)])


def _value_class(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "a boolean"
    size = _size_of(value)
    if size is not None:
        return _size_class(size, "timedelta" if isinstance(value, timedelta) else "number")
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, Mapping):
        return "a dict"
    if isinstance(value, list | tuple):
        return "a list"
    if callable(value):
        return "a function"
    return "an iterable" if isinstance(value, Iterable) else "an object"


def _size_of(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_MOST_SHOWN, min(value, _MOST_SHOWN))
    if isinstance(value, float):
        return value
    return None


def _size_class(size: float, what: str) -> str:
    if math.isnan(size):
        return "NaN"
    if math.isinf(size):
        return "an infinite number"
    if size == 0:
        return "zero"
    return f"a negative {what}" if size < 0 else f"a {what}"
