"""What this adapter is, and the built-in numbers of its SDK."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import DescribeResponse

from ameide_sdk import __version__
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, PolicyConstants

GENERIC = "generic"
ROSTER = "roster"


def describe(is_async: bool) -> DescribeResponse:
    """Describes this adapter, with an async or a sync client."""
    return DescribeResponse(
        sdk="py-async" if is_async else "py-sync",
        version=__version__,
        entries=[GENERIC, ROSTER],
        protocols=["connect", "grpc", "grpc-web"],
        formats=["binary", "json"],
        http=["1.1", "2", "auto"],
        kinds=["unary", "server_streaming", "client_streaming", "bidi_streaming"],
        abilities=[*(["cancel"] if is_async else []), "loose_types", "pulled_input"],
        constants={name: float(value) for name, value in _numbers(BEHAVIOR_1, "")},
    )


def perturbed(changes: Mapping[str, float]) -> PolicyConstants:
    """Returns the built-in numbers with some of them changed.

    Raises:
        ValueError: A name of no number.
    """
    constants = BEHAVIOR_1
    for name, value in changes.items():
        constants = _replaced(constants, name.split("."), value, name)
    return constants


def _numbers(value: object, prefix: str) -> Iterator[tuple[str, float]]:
    for name, member in _members(value).items():
        if isinstance(member, int | float) and not isinstance(member, bool):
            yield prefix + name, member
        else:
            yield from _numbers(member, f"{prefix}{name}.")


def _members(value: object) -> dict[str, Any]:
    if dataclasses.is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return dict(value) if isinstance(value, Mapping) else {}


def _replaced(value: Any, path: list[str], number: float, name: str) -> Any:
    first, *rest = path
    members = _members(value)
    if first not in members:
        raise ValueError(f"no built-in number is named {name}")
    old = members[first]
    if rest:
        new = _replaced(old, rest, number, name)
    elif isinstance(old, int | float) and not isinstance(old, bool):
        new = int(number) if isinstance(old, int) and number.is_integer() else number
    else:
        raise ValueError(f"no built-in number is named {name}")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{first: new})
    return {**value, first: new}
