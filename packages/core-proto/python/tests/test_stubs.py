"""The stubs load, decode every fixture, and say what they are to a type checker."""

import importlib
import json
import pkgutil
from pathlib import Path

import ameide_core_proto
import mypy.api
import pytest
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


def test_stubs_have_every_service_of_the_image() -> None:
    image = FileDescriptorSet.from_binary(read_image())
    services = [f"{file.package}.{service.name}" for file in image.file for service in file.service]
    assert services
    assert [name for name in services if REGISTRY.service(name) is None] == []


def test_mypy_strict_finds_nothing() -> None:
    project = Path(__file__).parent.parent
    arguments = ["--config-file", str(project / "pyproject.toml")]
    folders = [str(project / "src"), str(project / "tests")]
    out, err, status = mypy.api.run([*arguments, *folders])
    assert (status, err) == (0, ""), out
