"""JSON documents, read part by part as a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from protobuf import (
    DescEnum,
    DescField,
    DescFieldValueEnum,
    DescFieldValueList,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    ScalarType,
    message_from_json_value,
)

from ameide_sdk._internal.errors.config_error import Fault, config_fault, duration_fault
from ameide_sdk._internal.options.check_values import quoted
from ameide_sdk._internal.options.options import is_list, is_mapping

JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Name or enum value that a message type does not know.

    Attributes:
        path: Path of its place: `default.hedging`.
        name: The name itself.
        known: Names known in its place.
        why: Reason, if it is known but cannot be used.
    """

    path: str
    name: str = ""
    known: tuple[str, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class ReadJson:
    """Part of a JSON document that can be read as a message.

    Attributes:
        json: The document without unknown and wrong parts.
    """

    json: JsonObject
    unknown: tuple[Unknown, ...]
    wrong: tuple[Fault, ...]


def read_json(schema: DescMessage, document: object) -> ReadJson:
    """Reads a JSON document part by part, so that all faults are found at once.

    Paths are those of the document.

    Args:
        schema: Type of the message.
        document: JSON data, as `json.loads` gives it.
    """
    reader = _Reader()
    read = reader.read(schema, document, "")
    return ReadJson(read, tuple(reader.unknown), tuple(reader.wrong))


class _Reader:
    def __init__(self) -> None:
        self.unknown: list[Unknown] = []
        self.wrong: list[Fault] = []

    def read(self, desc: DescMessage, value: object, path: str) -> JsonObject:
        if not is_mapping(value):
            self.wrong.append(config_fault(path, "must be an object", value))
            return {}
        read: JsonObject = {}
        for key, member in value.items():
            name = str(key)
            at = member_of(path, name)
            field = next(
                (each for each in desc.fields if name in (each.json_name, each.name)), None
            )
            if field is None:
                known = tuple(each.json_name for each in desc.fields)
                self.unknown.append(Unknown(at, name, known))
            elif member is not None:
                kept = self._one(desc, field, member, at)
                if kept is not None:
                    read[field.json_name] = kept
        return read

    # Returns None for what cannot be read.
    def _one(self, desc: DescMessage, field: DescField, value: object, path: str) -> object:
        kind = field.value
        if isinstance(kind, DescFieldValueMessage):
            return self.read(kind.message, value, path)
        if isinstance(kind, DescFieldValueList):
            element = kind.element
            if isinstance(element, DescMessage) and is_list(value):
                return [self.read(element, each, f"{path}[{i}]") for i, each in enumerate(value)]
            value = list(value) if is_list(value) else value
        if isinstance(kind, DescFieldValueEnum) and isinstance(value, str):
            words = _words(kind.enum)
            if value not in words:
                self.unknown.append(Unknown(path, value, words))
                return None
        if _is_readable(desc, field, value):
            return value
        fault = duration_fault if field.json_name.endswith("Ms") else config_fault
        self.wrong.append(fault(path, f"must be {_kind_of(field)}", value))
        return None


_INTEGER = re.compile(r"-?[0-9]{1,32}")


def _is_readable(desc: DescMessage, field: DescField, value: object) -> bool:
    kind = field.value
    is_number = isinstance(kind, DescFieldValueScalar) and kind.scalar != ScalarType.STRING
    if isinstance(value, str) and is_number and _INTEGER.fullmatch(value) is None:
        # The runtime reads what Python does: 1_000, digits of any script.
        return False
    try:
        # Half of a surrogate pair is no text.
        for each in value if is_list(value) else (value,):
            if isinstance(each, str):
                each.encode()
        # What is no data of JSON is refused, too.
        message_from_json_value(desc.type, {field.json_name: value})  # type: ignore[dict-item]
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _words(enum: DescEnum) -> tuple[str, ...]:
    return tuple(each.name for each in enum.values)


def _kind_of(field: DescField) -> str:
    kind = field.value
    if isinstance(kind, DescFieldValueEnum):
        return f"one of {', '.join(_words(kind.enum))}"
    if isinstance(kind, DescFieldValueList):
        is_message = isinstance(kind.element, DescMessage)
        return "an array of objects" if is_message else "an array of strings"
    if isinstance(kind, DescFieldValueScalar) and kind.scalar == ScalarType.BOOL:
        return "true or false"
    is_text = isinstance(kind, DescFieldValueScalar) and kind.scalar == ScalarType.STRING
    return "a string" if is_text else "an integer"


# Longest shown part of a name that a peer chose.
_MAX_NAME = 64

_PLAIN_NAME = re.compile(r"\w{1,64}", re.ASCII)


def member_of(path: str, name: str) -> str:
    """Returns the path of a member."""
    shown = name if _PLAIN_NAME.fullmatch(name) is not None else quoted(name, _MAX_NAME)
    return f"{path}.{shown}" if path else shown
