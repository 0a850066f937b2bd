"""Fields of a document that this version does not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protobuf import DescFieldValueList, DescFieldValueMessage, DescMessage, Message

from ameide_sdk._internal.config.json_document import Unknown, member_of
from ameide_sdk._internal.errors.did_you_mean import nearest_of
from ameide_sdk._internal.policy.policy_table import BOUNDS


def unknown_in_message(message: Message) -> tuple[Unknown, ...]:
    """Lists the fields of a message that its type does not know, by number: `default.100`."""
    return tuple(map(Unknown, _in_message(message, "")))


def unknown_names(unknown: Sequence[Unknown]) -> tuple[str, ...]:
    """Lists unknown names, each with the one that was meant.

    For example `default.maxAttemps (did you mean maxAttempts?)`.
    """
    told = [_told(each) for each in unknown[: BOUNDS.max_faults]]
    return (*told, "and more") if len(unknown) > BOUNDS.max_faults else tuple(told)


def _told(unknown: Unknown) -> str:
    near = nearest_of(unknown.name, unknown.known)
    what = unknown.why if near is None else f"did you mean {near}?"
    return unknown.path if what is None else f"{unknown.path} ({what})"


def _in_message(message: Message, path: str) -> Iterator[str]:
    desc = message.desc()
    known = {each.number for each in desc.fields}
    for number in _numbers(message.to_binary()):
        if number not in known:
            known.add(number)
            yield member_of(path, str(number))
    for field in desc.fields:
        at = member_of(path, field.json_name)
        kind = field.value
        if isinstance(kind, DescFieldValueMessage) and field in message:
            yield from _in_message(message[field], at)
        if isinstance(kind, DescFieldValueList) and isinstance(kind.element, DescMessage):
            for i, each in enumerate(message[field]):
                yield from _in_message(each, f"{at}[{i}]")


# Numbers of the fields of a message that was just encoded (Protocol Buffers, "Message Structure").
def _numbers(binary: bytes) -> Iterator[int]:
    at = 0
    while at < len(binary):
        tag, at = _varint(binary, at)
        yield tag >> 3
        wire_type = tag & 7
        if wire_type == 0:
            _, at = _varint(binary, at)
        elif wire_type == 2:
            length, at = _varint(binary, at)
            at += length
        else:
            at += {1: 8, 5: 4}.get(wire_type, 0)


def _varint(binary: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = binary[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
