"""What a newer module may write is the same after an older reader wrote it again."""

import importlib
import struct
from collections.abc import Iterator

import pytest
from ameide_core_proto.image import read_image
from protobuf import Registry
from protobuf.wkt.google.protobuf.descriptor_pb import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

# No enum has this value.
NEW_VALUE = 9999

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


FILES = [
    file
    for file in FileDescriptorSet.from_binary(read_image()).file
    if file.package.startswith(("ameide.", "beamline."))
]
STUBS = [
    importlib.import_module(
        f"ameide_core_proto.{file.name.removesuffix('.proto').replace('/', '.')}_pb"
    )
    for file in FILES
]
REGISTRY = Registry(*(module.desc() for module in STUBS))


def messages() -> Iterator[tuple[str, DescriptorProto]]:
    """Every message of ours, with its full name."""
    for file in FILES:
        for message in file.message_type:
            yield from with_nested(f"{file.package}.{message.name}", message)


def with_nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    yield name, message
    for nested in message.nested_type:
        if not (nested.options and nested.options.map_entry):
            yield from with_nested(f"{name}.{nested.name}", nested)


MESSAGES = dict(messages())


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(number: int, wire_type: int, value: bytes) -> bytes:
    length = varint(len(value)) if wire_type == BYTES else b""
    return varint(number << 3 | wire_type) + length + value


# A field of each wire type, of numbers that no message has.
NEW_FIELDS = b"".join(
    [
        field(18995, VARINT, varint(1)),
        field(18996, FIXED64, struct.pack("<d", 2)),
        field(18997, BYTES, b"three"),
        field(18998, FIXED32, struct.pack("<f", 4)),
    ]
)


def newer_field(described: FieldDescriptorProto) -> bytes:
    """A value that this module does not know, where the field can have one."""
    number = described.number
    is_list = described.label == FieldDescriptorProto.Label.REPEATED
    if described.type == FieldDescriptorProto.Type.ENUM:
        value = varint(NEW_VALUE)
        return field(number, BYTES, value * 2) if is_list else field(number, VARINT, value)
    if described.type_name.removeprefix(".") in MESSAGES:
        return field(number, BYTES, NEW_FIELDS)
    return b""


def newer_message(message: DescriptorProto) -> bytes:
    """A message as a newer module may write it."""
    last = {each.oneof_index: each for each in message.field if each.has_field("oneof_index")}
    chosen = [
        each
        for each in message.field
        if not each.has_field("oneof_index") or last[each.oneof_index] is each
    ]
    fields = [newer_field(each) for each in sorted(chosen, key=lambda each: each.number)]
    return b"".join(fields) + NEW_FIELDS


@pytest.mark.parametrize("name", MESSAGES)
def test_newer_message_is_the_same_after_an_older_reader(name: str) -> None:
    descriptor = REGISTRY.message(name)
    assert descriptor is not None, f"no stub of {name}"
    sent = newer_message(MESSAGES[name])
    assert descriptor.type.from_binary(sent).to_binary() == sent
