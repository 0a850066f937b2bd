"""What events carry."""

from __future__ import annotations

from typing import Any, TypeVar

from ameide_core_proto.ameide.events.v1.change_pb import Change
from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from ameide_core_proto.ameide.tap.v1.tap_event_data_pb import TapEventData
from protobuf import Message

from ameide_sdk._internal.events.cloud_event import check_tenant
from ameide_sdk._internal.events.data_schema import message_named
from ameide_sdk._internal.events.event_error import EventError, given
from ameide_sdk._internal.events.proto_json import UNREADABLE

_M = TypeVar("_M", bound=Message[Any])


def unpack_change(event: CloudEvent | None) -> Change:
    """Returns the change that an event carries.

    Raises:
        EventError: `nil` without an event; `missing` without data; `mismatch` if the data is
            another message; `invalid` if its bytes cannot be decoded.
    """
    return _unpack(Change, given("event", event))


def unpack_tap_data(event: CloudEvent | None) -> TapEventData:
    """Returns what an event carries of a provider's system.

    Raises:
        EventError: As `unpack_change` does, and `mismatch` if event and data are of two tenants.
    """
    event = given("event", event)
    data = _unpack(TapEventData, event)
    check_tenant(data, event.tenant_id)
    return data


def _unpack(message_type: type[_M], event: CloudEvent) -> _M:
    data = event.data
    if data is None or data.type_url == "":
        raise EventError("missing", "data", "is not in the event")
    want = message_type.desc().type_name
    # Whoever sends another message may name it at any length.
    name = message_named(data.type_url)[:256]
    if name != want:
        raise EventError("mismatch", "data", f"is a {name}, not a {want}")
    try:
        return message_type.from_binary(data.value)
    except (*UNREADABLE, EOFError) as error:
        raise EventError("invalid", "data", f"is no {want}") from error
