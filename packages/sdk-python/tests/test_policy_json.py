"""The built-in values, compared with those that every SDK has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from ameide_sdk._internal.policy.policy import BEHAVIORS, PolicyConstants, canonical_json
from ameide_sdk._internal.policy.policy_table import (
    BOUNDS,
    BUDGET,
    CLIENT,
    POLICY,
    ValueRule,
    bounds_of,
    defaults_for,
)

FILE: Any = json.loads(
    (Path(__file__).parents[2] / "conformance/policy.json").read_text(encoding="utf-8")
)
CONSTANTS = BEHAVIORS[FILE["behavior"]]


def row_of(name: str, rule: ValueRule) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "type": rule.is_}
    if rule.is_ in ("timeout", "integer"):
        row["min"], row["max"] = bounds_of(rule, CONSTANTS.max_max_attempts)
        for unit in ("ms", "bytes"):
            if name.endswith(f"_{unit}"):
                row["unit"] = unit
    return row


def policy_rows() -> Iterable[dict[str, Any]]:
    for name, row in POLICY.items():
        made = row_of(name, row)
        default = getattr(CONSTANTS.defaults, name)
        made["default"] = list(default) if isinstance(default, tuple) else default
        stated = {
            "default_for": list(row.built_in_for),
            "kinds": list(row.kinds),
            "words": list(row.words),
            "option": row.option,
            "document": (row.field or name) if row.in_document else None,
            "environment": row.variable,
        }
        yield made | {member: value for member, value in stated.items() if value}


def test_policy_rows_are_those_of_every_sdk() -> None:
    assert list(policy_rows()) == FILE["policy"]


def test_budget_rows_are_those_of_every_sdk() -> None:
    assert [
        row_of(name, row)
        | {"default": getattr(CONSTANTS.budget, name), "document": f"budget.{name}"}
        for name, row in BUDGET.items()
    ] == FILE["budget"]


def test_client_rows_are_those_of_every_sdk() -> None:
    made = [row_of(name, row) | {"default": row.default} for name, row in CLIENT.items()]
    assert made == FILE["client"]


def test_presets_constants_and_bounds_are_those_of_every_sdk() -> None:
    assert list(BEHAVIORS) == [FILE["behavior"]]
    assert CONSTANTS.presets == FILE["presets"]
    assert dict(numbers_of(CONSTANTS)) == FILE["constants"]
    assert asdict(BOUNDS) == FILE["bounds"]


def numbers_of(constants: PolicyConstants) -> Iterable[tuple[str, float]]:
    for field in fields(constants):
        value = getattr(constants, field.name)
        if field.name == "keep_alive":
            yield from ((f"keep_alive.{name}", number) for name, number in asdict(value).items())
        elif field.name not in ("defaults", "budget", "presets"):
            yield field.name, value


def test_only_unary_calls_have_a_built_in_deadline() -> None:
    defaults = CONSTANTS.defaults
    assert defaults_for(defaults, "unary") == defaults
    assert defaults_for(defaults, "bidi_streaming").timeout_ms is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, appendix B.
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (9007199254740991.0, "9007199254740991"),
        (295147905179352830000.0, "295147905179352830000"),
        (1e23, "1e+23"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
        (2.0, "2"),
        (True, "true"),
        (None, "null"),
        ('a\u20ac$\x0f\nA\'B"\\\\"/', '"a\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ([1, (2.5,)], "[1,[2.5]]"),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(value: object, text: str) -> None:
    assert canonical_json(value) == text


def test_canonical_json_sorts_names_by_utf_16() -> None:
    names: Mapping[str, int] = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4, "\r": 5}
    assert canonical_json(names) == '{"\\r":5,"1":4,"\u20ac":3,"\U0001f600":2,"\ufb33":1}'
