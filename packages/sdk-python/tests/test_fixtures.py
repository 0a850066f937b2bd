"""The catalog of fixtures, by the vectors that every SDK answers alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ameide_core_proto.ameide.events.v1.change_pb import Change
from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from protobuf import Message, Registry

from ameide_sdk.events import unpack_change
from ameide_sdk.fixtures import FixtureError, load, names, read, read_fixtures

VECTORS: Any = json.loads(
    (Path(__file__).parents[2] / "conformance/vectors/fixtures.json").read_text(encoding="utf-8")
)
TYPES: dict[str, type[Message[Any]]] = {"change": Change, "cloud_event": CloudEvent}


def test_every_name_is_read() -> None:
    assert names()
    assert names() == sorted(names())
    assert [read(name) for name in names()] == read_fixtures()


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"][:60])
def test_read(vector: Any) -> None:
    with pytest.raises(FixtureError) as caught:
        read(vector["name"])
    nearest = vector.get("nearest")
    assert (caught.value.code, next(iter(caught.value.near), None)) == (vector["code"], nearest)
    assert (nearest or "") in str(caught.value)
    assert len(str(caught.value)) < 800


def test_four_near_names_are_told_at_most() -> None:
    with pytest.raises(FixtureError) as caught:
        read("ameide")
    assert len(caught.value.near) == 4


@pytest.mark.parametrize("name", [None, 5, b"ameide", Path("ameide")])
def test_what_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(FixtureError) as caught:
        read(name)
    assert caught.value.code == "invalid"


@pytest.mark.parametrize("vector", VECTORS["load"], ids=lambda vector: vector["name"])
def test_load(vector: Any) -> None:
    message_type = TYPES[vector["of"]]
    if "code" in vector:
        with pytest.raises(FixtureError) as caught:
            load(message_type, vector["name"])
        assert caught.value.code == vector["code"]
        return
    message = load(message_type, vector["name"])
    assert isinstance(message, message_type)
    if isinstance(message, CloudEvent):
        assert message.type == vector["type"]
        payload = unpack_change(message).payload
        assert payload is not None
        assert payload.to_python() == vector["payload"]


def test_messages_of_yours_are_taken() -> None:
    name = "ameide/events/v1/cloud_event.pipeline.changes.activity.create"
    assert load(CloudEvent, name, registry=Registry(Change)) == load(CloudEvent, name)
