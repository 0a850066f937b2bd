"""Changes of aggregates that are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack, cast

from ameide_core_proto.ameide.events.v1.change_pb import ActorType, Change, ChangeOperation
from protobuf import Enum, enum_is_unknown
from protobuf.wkt import Struct, Timestamp

from ameide_sdk._internal.events.attributes import required, trimmed
from ameide_sdk._internal.events.bounded_json import check_data
from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.event_source import WallClock, now_of, timestamp_of
from ameide_sdk._internal.events.well_formed import check_texts

_E = TypeVar("_E", bound=Enum)


class _Stated(TypedDict):
    seq: int
    """Position among the changes of the organization, from 1."""
    organization_id: str
    """Organization of the aggregate."""
    aggregate_type: str
    """Kind of aggregate: `activity`."""
    aggregate_id: str
    """Id of the aggregate."""
    operation: ChangeOperation
    """What was done to it."""
    actor_type: ActorType
    """Kind of actor."""
    aggregate_version: int
    """Version of the aggregate after the change, from 1."""


class ChangeFields(_Stated, total=False):
    """Fields of a change that is made. White space around texts is cut off."""

    actor_id: str
    """Who did it. Default empty, for the system."""
    recorded_at: datetime | Timestamp
    """When it was recorded. Default now."""


def create_change(
    payload: dict[str, Any] | None = None,
    *,
    clock: WallClock | None = None,
    **fields: Unpack[ChangeFields],
) -> Change:
    """Makes a change of one aggregate.

    Args:
        payload: A JSON object, at most 30 deep: the aggregate after a creation, what is new after
            an update. A deletion needs none.
        clock: The time that is not stated. Default the machine's.
        fields: Fields of the change.

    Raises:
        EventError: `nil` without a payload, unless it is a deletion; `missing` if a field is empty;
            `invalid` if the payload is no JSON object, or a number is below 1; `too_large`.
        TypeError: There is no such field.
    """
    unknown = set(fields) - set(ChangeFields.__annotations__)
    if unknown:
        raise TypeError(f"create_change() has no field {min(unknown)}")
    recorded_at = fields.get("recorded_at")
    change = Change(
        seq=_counted("seq", fields.get("seq")),
        organization_id=required("organization_id", fields.get("organization_id")),
        aggregate_type=required("aggregate_type", fields.get("aggregate_type")),
        aggregate_id=required("aggregate_id", fields.get("aggregate_id")),
        operation=_stated("operation", fields.get("operation"), ChangeOperation),
        actor_type=_stated("actor_type", fields.get("actor_type"), ActorType),
        actor_id=trimmed("actor_id", fields.get("actor_id")),
        aggregate_version=_counted("aggregate_version", fields.get("aggregate_version")),
        recorded_at=(
            now_of(clock) if recorded_at is None else timestamp_of("recorded_at", recorded_at)
        ),
    )
    if payload is not None:
        change.payload = _object_of("payload", payload)
    elif change.operation is not ChangeOperation.DELETE:
        raise EventError("nil", "payload", "is not given")
    return change


def _counted(field: str, value: object) -> int:
    if value in (None, 0):
        raise EventError("missing", field, "must be from 1")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise EventError("invalid", field, "must be an integer from 1")
    return value


def _stated(field: str, value: object, enum: type[_E]) -> _E:
    if value in (None, 0):
        raise EventError("missing", field, "must be stated")
    if not isinstance(value, int) or enum_is_unknown(enum(value)):
        raise EventError("invalid", field, "is no value of its enum")
    return enum(value)


def _object_of(field: str, value: object) -> Struct:
    if not isinstance(value, dict):
        raise EventError("invalid", field, "must be a JSON object")
    members = cast("dict[str, Any]", value)
    check_data(field, members)
    check_texts(field, members)
    return Struct.from_python(members)
