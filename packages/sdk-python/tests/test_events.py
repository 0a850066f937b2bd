"""Events and feature flags, by the vectors that every SDK answers alike."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ameide_core_proto.ameide.agents.v1.agents_pb import WatchCatalogResponse
from ameide_core_proto.ameide.config.v1.feature_flags_pb import FeatureFlag, FeatureFlagSnapshot
from ameide_core_proto.ameide.events.v1.change_pb import ActorType, Change, ChangeOperation
from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from ameide_core_proto.ameide.meter.v1.meter_pb import RecordUsageRequest
from ameide_core_proto.ameide.tap.v1.tap_event_data_pb import TapEventData
from protobuf import Message, Registry, message_from_json_value, message_to_json_value
from protobuf.wkt import Any as AnyMessage
from protobuf.wkt import BytesValue, StringValue, Struct, Timestamp, Value

from ameide_sdk.events import (
    EventError,
    FeatureFlags,
    create_change,
    create_cloud_event,
    from_proto_json,
    load_feature_flags,
    parse_feature_flags,
    read_cloud_event,
    rollout_bucket,
    to_proto_json,
    unpack_change,
    unpack_tap_data,
)
from ameide_sdk.testing import VirtualClock

VECTORS: Any = json.loads(
    (Path(__file__).parents[2] / "conformance/vectors/events.json").read_text(encoding="utf-8")
)
TYPES: dict[str, type[Message[Any]]] = {
    each.desc().type_name: each for each in (BytesValue, Change, StringValue, TapEventData, Value)
}
REGISTRY = Registry(*TYPES.values())
NOW = datetime.fromisoformat(VECTORS["now"])
# Longer messages would repeat what anybody may have sent.
MOST_CHARACTERS = 600


class FixedClock:
    def wall_now(self) -> float:
        return NOW.timestamp() * 1_000


def each(vectors: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=lambda vector: str(vector["name"]))


def outcome(run: Callable[[], Any]) -> Any:
    """What a function returns, or the code and field of the error it raises."""
    try:
        return run()
    except EventError as error:
        if len(str(error)) > MOST_CHARACTERS:
            raise
        return {"code": error.code, "field": error.field}


def json_of(message: Message[Any]) -> Any:
    return message_to_json_value(message, registry=REGISTRY, use_proto_field_name=True)


@each(VECTORS["create_cloud_event"])
def test_create_cloud_event(vector: Any) -> None:
    data = None
    if vector["data"] is not None:
        packed = message_from_json_value(AnyMessage, vector["data"], registry=REGISTRY)
        data = packed.unpack(TYPES[packed.type_url.rpartition("/")[2]])
    attributes = dict(vector["attributes"])
    if "time" in attributes:
        attributes["time"] = datetime.fromisoformat(attributes["time"])
    got = outcome(
        lambda: json_of(
            create_cloud_event(data, clock=FixedClock(), new_id=lambda: VECTORS["id"], **attributes)
        )
    )
    assert got == vector.get("error", vector.get("event"))


ATTRIBUTES: Any = {"source": "/s", "type": "t", "tenant_id": "acme"}


def test_an_event_has_a_uuid_of_the_clocks_time() -> None:
    clock = VirtualClock(wall_start_ms=1_700_000_000_123)
    event = create_cloud_event(Change(), clock=clock, **ATTRIBUTES)
    pattern = "018bcfe5-687b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, event.id)
    assert event.time == Timestamp(seconds=1_700_000_000, nanos=123_000_000)


def test_an_event_takes_a_timestamp_to_the_nanosecond() -> None:
    time = Timestamp(seconds=5, nanos=1)
    assert create_cloud_event(Change(), time=time, **ATTRIBUTES).time == time


@pytest.mark.parametrize(
    "time", [datetime(2026, 1, 1), Timestamp(seconds=10**12), "2026-01-01T00:00:00Z", 5]
)
def test_an_event_refuses_a_time(time: Any) -> None:
    got = outcome(lambda: create_cloud_event(Change(), time=time, **ATTRIBUTES))
    assert got == {"code": "invalid", "field": "time"}


def test_an_event_refuses_what_types_forbid() -> None:
    wrong: Any = {**ATTRIBUTES, "source": 5}
    got = outcome(lambda: create_cloud_event(Change(), **wrong))
    assert got == {"code": "invalid", "field": "source"}
    broken: Any = Change()
    broken.seq = "many"
    got = outcome(lambda: create_cloud_event(broken, **ATTRIBUTES))
    assert got == {"code": "invalid", "field": "data"}
    unknown: Any = {**ATTRIBUTES, "sauce": "/s"}
    with pytest.raises(TypeError, match="sauce"):
        create_cloud_event(Change(), **unknown)


@pytest.mark.parametrize(
    "field",
    ["id", "source", "type", "subject", "tenant_id", "module", "data_content_type"],
)
def test_an_event_refuses_half_a_surrogate(field: str) -> None:
    given: Any = {**ATTRIBUTES, field: "a\ud800"}
    got = outcome(lambda: create_cloud_event(Change(), **given))
    assert got == {"code": "invalid", "field": field}


def test_data_and_texts_refuse_half_a_surrogate() -> None:
    broken = Change(payload=Struct.from_python({"list": [{"\udc00": 1}]}))
    got = outcome(lambda: create_cloud_event(broken, **ATTRIBUTES))
    assert got == {"code": "invalid", "field": "data"}
    fields: Any = {**FIELDS, "actor_id": "\ud800"}
    got = outcome(lambda: create_change({}, **fields))
    assert got == {"code": "invalid", "field": "actor_id"}
    event = CloudEvent(extensions={"\ud800": ""})
    assert outcome(lambda: to_proto_json(event)) == {"code": "invalid", "field": "message"}
    got = outcome(lambda: from_proto_json(CloudEvent, '{"id":"\\ud800"}'))
    assert got == {"code": "invalid", "field": "text"}
    got = outcome(lambda: read_cloud_event('{"specversion":"1.0","id":"\ud800"}'))
    assert got == {"code": "invalid", "field": "id"}


@each(VECTORS["create_change"])
def test_create_change(vector: Any) -> None:
    given = message_from_json_value(Change, vector["fields"])
    names = [field.name for field in Change.desc().fields if field.name != "payload"]
    fields: Any = {name: getattr(given, name) for name in names}
    got = outcome(
        lambda: json_of(create_change(vector.get("payload"), clock=FixedClock(), **fields))
    )
    assert got == vector.get("error", vector.get("change"))


FIELDS: Any = {
    "seq": 1,
    "organization_id": "acme",
    "aggregate_type": "activity",
    "aggregate_id": "a-1",
    "operation": ChangeOperation.UPDATE,
    "actor_type": ActorType.SYSTEM,
    "aggregate_version": 1,
}
CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{}", "invalid"),
        (datetime.now(UTC), "invalid"),
        (Change(), "invalid"),
        ({1: "a"}, "invalid"),
        ({"a": {1}}, "invalid"),
        ({"a": b""}, "invalid"),
        ({"a": math.nan}, "invalid"),
        ({"a": [math.inf]}, "invalid"),
        ({"a": 10**400}, "invalid"),
        ({"a": ["\ud83d"]}, "invalid"),
        ({"a": {"\ud83d": 1}}, "invalid"),
        (CIRCLE, "too_large"),
    ],
)
def test_a_change_refuses_a_payload(payload: Any, code: str) -> None:
    got = outcome(lambda: create_change(payload, **FIELDS))
    assert got == {"code": code, "field": "payload"}


@pytest.mark.parametrize("seq", [1.5, True, 2**63, "1"])
def test_a_change_refuses_a_position(seq: Any) -> None:
    got = outcome(lambda: create_change({}, **{**FIELDS, "seq": seq}))
    assert got == {"code": "invalid", "field": "seq"}


def test_a_change_refuses_a_field_that_is_not_there() -> None:
    with pytest.raises(TypeError, match="sequence"):
        create_change({}, **{**FIELDS, "sequence": 1})


def text_of(vector: Any) -> Any:
    if "repeat" in vector:
        before, repeated, times, after = vector["repeat"]
        return before + repeated * times + after
    return vector.get("text", json.dumps(vector["json"]) if "json" in vector else None)


@each(VECTORS["read_cloud_event"])
def test_read_cloud_event(vector: Any) -> None:
    def run() -> Any:
        read = read_cloud_event(text_of(vector))
        # Whatever is read can be sent, and read again.
        assert CloudEvent.from_binary(read.to_binary()) == read
        if "length" in vector:
            value = read.data and read.data.unpack(Value)
            return value and len(str(value.to_python()))
        assert json_of(read_cloud_event(to_proto_json(read))) == json_of(read)
        return json_of(read)

    want = vector.get("length", vector.get("event"))
    assert outcome(run) == vector.get("error", want)


TEXT = '{"specversion":"1.0","id":"é","source":"/s","type":"t"}'


def test_an_event_is_read_from_bytes() -> None:
    assert read_cloud_event(TEXT.encode()) == read_cloud_event(TEXT)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'"\xff"', "invalid"),
        (f"\ufeff{TEXT}".encode(), "invalid"),
        ('{"specversion":NaN}', "invalid"),
        (f'{{"specversion":{"1" * 5_000}}}', "invalid"),
        (5, "invalid"),
        (b" " * 1_048_577, "too_large"),
    ],
)
def test_an_event_is_not_read_from(text: Any, code: str) -> None:
    assert outcome(lambda: read_cloud_event(text)) == {"code": code, "field": "event"}


def test_as_many_bytes_are_read_as_are_stated() -> None:
    length = len(TEXT.encode())
    assert read_cloud_event(TEXT, max_bytes=length).id == "é"
    got = outcome(lambda: read_cloud_event(TEXT, max_bytes=length - 1))
    assert got == {"code": "too_large", "field": "event"}


def test_messages_of_yours_are_decoded() -> None:
    schema = "https://buf.build/acme/usage/ameide.meter.v1.RecordUsageRequest"
    text = json.dumps({**json.loads(TEXT), "dataschema": schema, "data": {"teamId": "search"}})
    for registry, name in (
        (Registry(RecordUsageRequest), "ameide.meter.v1.RecordUsageRequest"),
        (None, "google.protobuf.Value"),
    ):
        data = read_cloud_event(text, registry=registry).data
        assert data is not None
        assert data.is_type(name)


@each(VECTORS["unpack"])
def test_unpack(vector: Any) -> None:
    event = None
    if "text" in vector:
        event = read_cloud_event(vector["text"])
    elif "type_url" in vector:
        value = base64.b64decode(vector["value"])
        event = CloudEvent(data=AnyMessage(type_url=vector["type_url"], value=value))
    elif vector["event"] is not None:
        event = message_from_json_value(CloudEvent, vector["event"], registry=REGISTRY)
    unpack: Any = unpack_change if vector["of"] == "change" else unpack_tap_data
    got = outcome(lambda: json_of(unpack(event)))
    assert got == vector.get("error", vector.get("message"))


def test_a_long_type_is_cut() -> None:
    data = AnyMessage(type_url=f"type.googleapis.com/{'x' * 100_000}")
    got = outcome(lambda: unpack_change(CloudEvent(data=data)))
    assert got == {"code": "mismatch", "field": "data"}


def test_proto_json_keeps_the_names_of_the_proto_both_ways() -> None:
    event = VECTORS["create_cloud_event"][0]["event"]
    assert json.loads(to_proto_json(from_proto_json(CloudEvent, json.dumps(event)))) == event


@each(VECTORS["from_proto_json"])
def test_from_proto_json(vector: Any) -> None:
    messages: tuple[type[Message[Any]], ...] = (Change, CloudEvent, WatchCatalogResponse)
    types = {each.desc().type_name: each for each in messages}
    registry = Registry(*messages)
    got = outcome(
        lambda: json_of(from_proto_json(types[vector["of"]], vector["text"], registry=registry))
    )
    assert got == vector.get("error", vector.get("message"))


@pytest.mark.parametrize(
    ("text", "code"),
    [("[]", "invalid"), (None, "nil"), ("[" * 33, "too_large")],
)
def test_proto_json_is_not_read_from(text: Any, code: str) -> None:
    got = outcome(lambda: from_proto_json(CloudEvent, text))
    assert got == {"code": code, "field": "text"}


def test_proto_json_knows_the_messages_of_its_registry() -> None:
    nothing: Any = None
    event = CloudEvent(data=AnyMessage.pack(RecordUsageRequest()))
    assert outcome(lambda: to_proto_json(nothing)) == {"code": "nil", "field": "message"}
    assert outcome(lambda: to_proto_json(event)) == {"code": "invalid", "field": "message"}
    with pytest.raises(EventError, match=r"as registry$"):
        to_proto_json(event)
    text = '{"data":{"@type":"type.googleapis.com/ameide.meter.v1.RecordUsageRequest"}}'
    with pytest.raises(EventError, match=r"as registry$"):
        from_proto_json(CloudEvent, text)
    assert "RecordUsageRequest" in to_proto_json(event, registry=Registry(RecordUsageRequest))


FLAGS = VECTORS["feature_flags"]
KEY: str = FLAGS["spread"]["key"]


@each(FLAGS["snapshots"])
def test_snapshot(vector: Any) -> None:
    got = outcome(lambda: list(parse_feature_flags(text_of(vector)).keys))
    assert got == vector.get("error", vector.get("keys"))


def flags_of(enabled: bool, percent: int) -> FeatureFlags:
    flag = FeatureFlag(key=KEY, enabled=enabled, rollout_percent=percent)
    snapshot = FeatureFlagSnapshot(schema_version=1, flags=[flag])
    flags = load_feature_flags(snapshot)
    # What becomes of the message is nothing to the flags.
    flag.enabled = not enabled
    return flags


@pytest.mark.parametrize("state", FLAGS["states"])
def test_state(state: Any) -> None:
    flags = flags_of(state["enabled"], state["rollout_percent"])
    assert {flags.is_enabled(KEY, f"user-{i}") for i in range(1_000)} == {state["on"]}


@pytest.mark.parametrize("percent", [math.nan, 0.5, "25"])
def test_a_flag_refuses_a_percentage(percent: Any) -> None:
    got = outcome(lambda: flags_of(True, percent))
    assert got == {"code": "invalid", "field": "flags.rollout_percent"}


def test_a_flag_that_is_not_there_has_the_answer_that_was_given() -> None:
    flags = flags_of(True, 100)
    assert not flags.is_enabled("other", "ada")
    assert flags.is_enabled("other", "ada", default=True)


@pytest.mark.parametrize("answer", FLAGS["buckets"])
def test_bucket(answer: Any) -> None:
    assert rollout_bucket(answer["key"], answer["subject"]) == answer["bucket"]


def test_a_lone_surrogate_is_replaced() -> None:
    assert rollout_bucket("k", "\ud800") == rollout_bucket("k", "\ufffd")
    assert rollout_bucket("k", "\ud83d\ude00") == rollout_bucket("k", "\U0001f600")


@pytest.mark.parametrize("spread", FLAGS["spread"]["on"])
def test_spread(spread: Any) -> None:
    percent = spread["percent"]
    flags = flags_of(True, percent)
    on = sum(flags.is_enabled(KEY, f"user-{i}") for i in range(10_000))
    assert on == spread["on"]
    assert abs(on - percent * 100) <= 200


def test_a_raise_turns_a_flag_off_for_nobody() -> None:
    steps = [flags_of(True, percent) for percent in range(101)]
    for i in range(100):
        answers = [flags.is_enabled(KEY, f"user-{i}") for flags in steps]
        assert answers == sorted(answers)
