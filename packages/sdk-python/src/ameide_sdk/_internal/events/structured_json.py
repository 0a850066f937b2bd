"""Events as any system may have written them."""

from __future__ import annotations

import re
from typing import Any, cast

from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from protobuf import Registry
from protobuf.wkt import Timestamp

from ameide_sdk._internal.events.attributes import TAKEN, required, trimmed
from ameide_sdk._internal.events.bounded_json import MAX_BYTES, parse_bounded_json
from ameide_sdk._internal.events.cloud_event import SPEC_VERSION
from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.proto_json import decode_json
from ameide_sdk._internal.events.rfc3339 import timestamp_from_text
from ameide_sdk._internal.events.structured_data import check_typed, data_of
from ameide_sdk._internal.events.well_formed import check_text

# Members of the JSON format that are fields of the message, or its data.
_FIELDS = TAKEN | {"data_base64"}


def read_cloud_event(
    text: str | bytes, *, registry: Registry | None = None, max_bytes: int = MAX_BYTES
) -> CloudEvent:
    """Reads an event in the JSON format of CloudEvents 1.0, or in ProtoJSON of ours.

    Of the JSON format (`application/cloudevents+json`), extensions are kept as texts, `tenantid`
    becomes the tenant. `data` becomes the message that `dataschema` or its `@type` names, if that
    is known; else a `google.protobuf.Value`, a `StringValue` if its content type is not JSON, a
    `BytesValue` of `data_base64`. Bytes of protobuf that `dataschema` names are decoded where they
    are unpacked.

    Args:
        text: The text, or its bytes in UTF-8.
        registry: Messages of yours that may be the data. Change and TapEventData are always known.
        max_bytes: How many bytes are read at most.

    Raises:
        EventError: `nil`; `too_large` over 1 048 576 bytes, or 32 levels; `unsupported` version;
            `missing` if version, id, source or type is not there; `mismatch` if the data is not
            what `dataschema` names; `invalid`.
    """
    value = parse_bounded_json("event", text, max_bytes)
    if not isinstance(value, dict):
        raise EventError("invalid", "event", "must be a JSON object")
    members = cast("dict[str, Any]", value)
    is_proto_json = "specversion" not in members and (
        "spec_version" in members or "specVersion" in members
    )
    return _from_ours(members, registry) if is_proto_json else _from_structured(members, registry)


def _from_ours(members: dict[str, Any], registry: Registry | None) -> CloudEvent:
    check_typed(members.get("data"))
    event = decode_json("event", CloudEvent, members, registry=registry, ignore_unknown_fields=True)
    _check_version(event.spec_version)
    event.spec_version = SPEC_VERSION
    event.id = required("id", event.id)
    event.source = required("source", event.source)
    event.type = required("type", event.type)
    return event


def _from_structured(members: dict[str, Any], registry: Registry | None) -> CloudEvent:
    _check_version(members.get("specversion"))
    return CloudEvent(
        spec_version=SPEC_VERSION,
        id=required("id", members.get("id")),
        source=required("source", members.get("source")),
        type=required("type", members.get("type")),
        subject=trimmed("subject", members.get("subject")),
        time=_time_of(members),
        data_content_type=_content_type_of(members),
        tenant_id=trimmed("tenantid", members.get("tenantid")),
        data=data_of(members, registry),
        extensions=_extensions_of(members),
    )


def _time_of(members: dict[str, Any]) -> Timestamp | None:
    time = trimmed("time", members.get("time"))
    return None if time == "" else timestamp_from_text("time", time)


# What the JSON format implies is said, as another format would not (section 3.1.2).
def _content_type_of(members: dict[str, Any]) -> str:
    stated = trimmed("datacontenttype", members.get("datacontenttype"))
    return "application/json" if stated == "" and "data" in members else stated


def _check_version(stated: object) -> None:
    if required("spec_version", stated) != SPEC_VERSION:
        raise EventError("unsupported", "spec_version", f"must be {SPEC_VERSION}")


def _extensions_of(members: dict[str, Any]) -> dict[str, str]:
    extensions: dict[str, str] = {}
    for name, value in sorted(members.items()):
        if name in _FIELDS or value is None:
            continue
        shown = name[:64]
        if not re.fullmatch("[a-z0-9]+", name):
            raise EventError("invalid", shown, "has a name that is not of a-z and 0-9 alone")
        extensions[name] = _extension_of(shown, value)
    return extensions


# A value in the canonical form of its type, which CloudEvents has for Boolean and Integer.
def _extension_of(name: str, value: object) -> str:
    match value:
        case str():
            check_text(name, value)
            return value
        case bool():
            return "true" if value else "false"
        case int() | float() if value == value // 1 and -(2**31) <= value < 2**31:
            return str(int(value))
        case _:
            raise EventError("invalid", name, "must be text, a boolean or an integer")
