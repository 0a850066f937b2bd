"""CloudEvents, what they carry, and feature flags: made, read and asked, without a call."""

from __future__ import annotations

from ameide_sdk._internal.events.change import ChangeFields, create_change
from ameide_sdk._internal.events.cloud_event import CloudEventAttributes, create_cloud_event
from ameide_sdk._internal.events.event_error import EventError, EventErrorCode
from ameide_sdk._internal.events.event_source import WallClock
from ameide_sdk._internal.events.feature_flags import (
    FeatureFlags,
    load_feature_flags,
    parse_feature_flags,
)
from ameide_sdk._internal.events.proto_json import from_proto_json, to_proto_json
from ameide_sdk._internal.events.rollout import rollout_bucket
from ameide_sdk._internal.events.structured_json import read_cloud_event
from ameide_sdk._internal.events.unpack import unpack_change, unpack_tap_data

__all__ = [
    "ChangeFields",
    "CloudEventAttributes",
    "EventError",
    "EventErrorCode",
    "FeatureFlags",
    "WallClock",
    "create_change",
    "create_cloud_event",
    "from_proto_json",
    "load_feature_flags",
    "parse_feature_flags",
    "read_cloud_event",
    "rollout_bucket",
    "to_proto_json",
    "unpack_change",
    "unpack_tap_data",
]
