"""The stubs load, decode every fixture, and say what they are to a type checker."""

import importlib
import json
import pkgutil
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import ameide_core_proto
import mypy.api
import pytest
from ameide_core_proto.ameide.events.v1.change_pb import Change
from ameide_core_proto.fixtures import Fixture, read_fixtures
from ameide_core_proto.image import read_image
from protobuf import Message, Registry
from protobuf.wkt.google.protobuf.descriptor_pb import FileDescriptorSet

FIXTURES = read_fixtures()
MODULES = [
    module.name
    for module in pkgutil.walk_packages(ameide_core_proto.__path__, "ameide_core_proto.")
    if not module.ispkg
]


def registry_of_the_stubs() -> Registry:
    modules = [importlib.import_module(name) for name in MODULES if name.endswith("_pb")]
    return Registry(*(module.desc() for module in modules))


REGISTRY = registry_of_the_stubs()


def type_of(fixture: Fixture) -> type[Message]:
    descriptor = REGISTRY.message(fixture.type)
    assert descriptor is not None, f"no stub of {fixture.type}"
    return descriptor.type


@dataclass(frozen=True)
class Encoding:
    binary: bytes
    canonical: bool


def read_encodings() -> dict[str, Encoding]:
    path = Path(__file__).parents[2] / "encodings" / "encodings.json"
    return {
        entry["name"]: Encoding(b64decode(entry["binary"]), entry["canonical"])
        for entry in json.loads(path.read_text(encoding="utf-8"))
    }


ENCODINGS = read_encodings()
# Field 100000 as a varint, 7.
UNKNOWN = b"\x80\xea\x30\x07"


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name: str) -> None:
    importlib.import_module(name)


def test_there_are_fixtures() -> None:
    assert FIXTURES


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_fixture_is_canonical(fixture: Fixture) -> None:
    message_type = type_of(fixture)
    message = message_type.from_json(fixture.json, registry=REGISTRY)
    encoded = message.to_json(registry=REGISTRY, use_proto_field_name=True)
    assert json.loads(encoded) == json.loads(fixture.json)
    assert message_type.from_binary(message.to_binary()) == message


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_unknown_field_is_refused(fixture: Fixture) -> None:
    widened = json.dumps({**json.loads(fixture.json), "no_such_field": 1})
    with pytest.raises(ValueError, match="no_such_field"):
        type_of(fixture).from_json(widened, registry=REGISTRY)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_fixture_is_encoded_alike_in_every_language(fixture: Fixture) -> None:
    message_type = type_of(fixture)
    encoding = ENCODINGS[fixture.name]
    told = message_type.from_binary(encoding.binary)
    encoded = told.to_json(registry=REGISTRY, use_proto_field_name=True)
    assert json.loads(encoded) == json.loads(fixture.json)
    if encoding.canonical:
        stated = message_type.from_json(fixture.json, registry=REGISTRY)
        assert stated.to_binary() == encoding.binary


def test_most_fixtures_have_a_canonical_encoding() -> None:
    assert sum(encoding.canonical for encoding in ENCODINGS.values()) >= 50


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_unknown_field_survives(fixture: Fixture) -> None:
    message = type_of(fixture).from_binary(ENCODINGS[fixture.name].binary + UNKNOWN)
    assert message.to_binary().endswith(UNKNOWN)


def test_unknown_enum_number_survives() -> None:
    change = Change.from_json('{"operation": 99}')
    assert json.loads(Change.from_binary(change.to_binary()).to_json()) == {
        "operation": 99
    }


def test_stubs_have_every_service_of_the_image() -> None:
    image = FileDescriptorSet.from_binary(read_image())
    services = [
        f"{file.package}.{service.name}"
        for file in image.file
        for service in file.service
    ]
    assert services
    assert [name for name in services if REGISTRY.service(name) is None] == []


def test_mypy_strict_finds_nothing() -> None:
    project = Path(__file__).parent.parent
    arguments = ["--config-file", str(project / "pyproject.toml")]
    folders = [str(project / "src"), str(project / "tests")]
    out, err, status = mypy.api.run([*arguments, *folders])
    assert (status, err) == (0, ""), out
