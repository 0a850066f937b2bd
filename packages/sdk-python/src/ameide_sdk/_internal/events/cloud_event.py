"""CloudEvents that are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any as Anything
from typing import TypedDict, Unpack

from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from protobuf import Message
from protobuf.wkt import Any, Timestamp

from ameide_sdk._internal.events.attributes import checked_extensions, required, trimmed
from ameide_sdk._internal.events.data_schema import data_schema_of
from ameide_sdk._internal.events.event_error import EventError, given
from ameide_sdk._internal.events.event_source import WallClock, id_of, now_of, timestamp_of
from ameide_sdk._internal.events.proto_json import UNREADABLE

SPEC_VERSION = "1.0"
"""The version of the specification that events are made by."""


class _Stated(TypedDict):
    source: str
    """Where it happened, a URI reference."""
    type: str
    """What happened: `pipeline.changes.activity.create`."""


class CloudEventAttributes(_Stated, total=False):
    """Attributes of an event that is made. White space around texts is cut off."""

    id: str
    """Id, which is unique with the source. Default a new one."""
    subject: str
    """What it happened to, within the source. Default empty."""
    time: datetime | Timestamp
    """When it happened. Default now."""
    data_content_type: str
    """Media type of the data where it is sent as JSON or text. Default empty, for protobuf."""
    tenant_id: str
    """Tenant of the event. Default the data's own `tenant_id`; without one it must be stated."""
    module: str
    """Buf module of the data, for `dataschema`: `buf.build/acme/orders`.

    Default that of the Ameide APIs for their messages.
    """
    extensions: Mapping[str, str]
    """Attributes beyond the specification's. A `dataschema` here replaces the one that is made."""


def create_cloud_event(
    data: Message[Anything] | None,
    *,
    clock: WallClock | None = None,
    new_id: Callable[[], str] | None = None,
    **attributes: Unpack[CloudEventAttributes],
) -> CloudEvent:
    """Makes an event (CloudEvents 1.0) that carries a message.

    Its extension `dataschema` names the message and its module.

    Args:
        data: The message.
        clock: The time that is not stated. Default the machine's.
        new_id: Makes the id that is not stated. Default a UUIDv7 (RFC 9562) of the clock's time.
        attributes: Attributes of the event.

    Raises:
        EventError: `nil` without data; `missing` if id, source, type or tenant is empty; `mismatch`
            if the data's `tenant_id` is another one; `invalid`.
        TypeError: There is no such attribute.
    """
    message = given("data", data)
    _refuse_unknown(attributes)
    source = required("source", attributes.get("source"))
    kind = required("type", attributes.get("type"))
    own = trimmed("tenant_id", attributes.get("tenant_id"))
    tenant_id = required("tenant_id", own or _tenant_in(message))
    check_tenant(message, tenant_id)
    stated, time = attributes.get("id"), attributes.get("time")
    name = message.desc().type_name
    schema = data_schema_of(name, trimmed("module", attributes.get("module")))
    return CloudEvent(
        spec_version=SPEC_VERSION,
        id=required("id", id_of(clock, new_id) if stated is None else stated),
        type=kind,
        source=source,
        subject=trimmed("subject", attributes.get("subject")),
        time=now_of(clock) if time is None else timestamp_of("time", time),
        data_content_type=trimmed("data_content_type", attributes.get("data_content_type")),
        tenant_id=tenant_id,
        data=_packed(message),
        extensions={
            "dataschema": schema,
            **checked_extensions(attributes.get("extensions") or {}),
        },
    )


def check_tenant(data: Message[Anything], tenant_id: str) -> None:
    """Checks that data which names a tenant names that of its event.

    Raises:
        EventError: `mismatch`.
    """
    inside = _tenant_in(data)
    if inside not in ("", tenant_id):
        raise EventError("mismatch", "tenant_id", "is another one in the data")


def _tenant_in(data: Message[Anything]) -> str:
    field = next((each for each in data.desc().fields if each.name == "tenant_id"), None)
    value: object = None if field is None else data[field]
    return trimmed("tenant_id", value) if isinstance(value, str) else ""


def _packed(data: Message[Anything]) -> Any:
    try:
        return Any.pack(data)
    except UNREADABLE as error:
        raise EventError("invalid", "data", "cannot be encoded") from error


def _refuse_unknown(attributes: CloudEventAttributes) -> None:
    unknown = set(attributes) - set(CloudEventAttributes.__annotations__)
    if unknown:
        raise TypeError(f"create_cloud_event() has no attribute {min(unknown)}")
