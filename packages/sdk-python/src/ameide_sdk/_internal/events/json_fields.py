"""Fields of ProtoJSON that `protobuf` reads as something else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from protobuf import (
    DescField,
    DescFieldValueList,
    DescFieldValueMap,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    Registry,
    ScalarType,
)

from ameide_sdk._internal.events.data_schema import message_named

_WITH_JSON_OF_THEIR_OWN = frozenset(
    f"google.protobuf.{name}"
    for name in (
        *("Any", "Duration", "Empty", "FieldMask", "ListValue", "Struct", "Timestamp", "Value"),
        *("BoolValue", "BytesValue", "DoubleValue", "FloatValue", "Int32Value"),
        *("Int64Value", "StringValue", "UInt32Value", "UInt64Value"),
    )
)


def check_fields(desc: DescMessage, value: object, types: Registry) -> None:
    """Checks what `protobuf` does not: fields that are set twice, and what numbers look like.

    Args:
        desc: The message.
        value: Its JSON, parsed.
        types: Messages that may be in a `google.protobuf.Any`.

    Raises:
        ValueError: A field is there under both of its names, or two fields of one oneof are; an
            integer is not written in decimal digits, or a number is infinite.
    """
    if not isinstance(value, dict):
        if desc.type_name not in ("google.protobuf.Duration", "google.protobuf.Timestamp"):
            first = desc.fields[0].value if desc.fields else None
            _check_scalar(first.scalar if isinstance(first, DescFieldValueScalar) else None, value)
        return
    members = cast("dict[str, Any]", value)
    if desc.type_name == "google.protobuf.Any":
        _check_any(members, types)
    elif desc.type_name in _WITH_JSON_OF_THEIR_OWN:
        _check_scalar(None, members)
    else:
        _check_members(desc, members, types)


def _check_any(members: dict[str, Any], types: Registry) -> None:
    url = members.get("@type")
    desc = types.message(message_named(url)) if isinstance(url, str) else None
    if desc is None:
        return
    has_own = desc.type_name in _WITH_JSON_OF_THEIR_OWN
    check_fields(desc, members.get("value") if has_own else members, types)


def _check_members(desc: DescMessage, members: dict[str, Any], types: Registry) -> None:
    by_name = _fields_of(desc)
    seen: set[str] = set()
    for name, value in members.items():
        field = by_name.get(name)
        if field is None:
            continue
        _add(f"{desc.type_name}.{field.name}", seen)
        oneof = _oneof_of(field)
        if oneof is not None and value is not None:
            _add(f"{desc.type_name}.{oneof}", seen)
        _check_value(field, value, types)


def _oneof_of(field: DescField) -> str | None:
    match field.value:
        case DescFieldValueList() | DescFieldValueMap():
            return None
        case single:
            return None if single.oneof is None else single.oneof.name


def _add(name: str, seen: set[str]) -> None:
    if name in seen:
        raise ValueError(f"{name} is set twice")
    seen.add(name)


def _check_value(field: DescField, value: Any, types: Registry) -> None:
    match field.value:
        case DescFieldValueMessage(message=inner):
            check_fields(inner, value, types)
        case DescFieldValueList(element=DescMessage() as inner) if isinstance(value, list):
            elements = cast("list[object]", value)
            for each in elements:
                check_fields(inner, each, types)
        case DescFieldValueMap(value=DescMessage() as inner) if isinstance(value, dict):
            for each in cast("dict[str, Any]", value).values():
                check_fields(inner, each, types)
        case DescFieldValueScalar(scalar=scalar) | DescFieldValueMap(value=ScalarType() as scalar):
            _check_scalar(scalar, value)
        case DescFieldValueList(element=ScalarType() as scalar):
            _check_scalar(scalar, value)
        case _:
            _check_scalar(None, value)


_NO_INTEGERS = (
    None,
    ScalarType.BOOL,
    ScalarType.BYTES,
    ScalarType.DOUBLE,
    ScalarType.FLOAT,
    ScalarType.STRING,
)


def _check_scalar(scalar: ScalarType | None, value: Any) -> None:
    if isinstance(value, str):
        if scalar not in _NO_INTEGERS and not _INTEGER.fullmatch(value):
            raise ValueError("an integer is not written in decimal digits")
    elif isinstance(value, float) and math.isinf(value):
        raise ValueError("a number is too large")
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            _check_scalar(scalar, each)
    elif isinstance(value, list):
        elements = cast("list[object]", value)
        for each in elements:
            _check_scalar(scalar, each)


_INTEGER = re.compile("-?(?:0|[1-9][0-9]*)")


@lru_cache(maxsize=256)
def _fields_of(desc: DescMessage) -> Mapping[str, DescField]:
    return {name: field for field in desc.fields for name in (field.name, field.json_name)}
