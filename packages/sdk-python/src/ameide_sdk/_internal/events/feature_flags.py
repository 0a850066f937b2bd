"""Feature flags of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from ameide_core_proto.ameide.config.v1.feature_flags_pb import FeatureFlagSnapshot

from ameide_sdk._internal.events.bounded_json import MAX_BYTES, parse_bounded_json
from ameide_sdk._internal.events.event_error import EventError, given
from ameide_sdk._internal.events.proto_json import decode_json
from ameide_sdk._internal.events.rollout import is_within

# Version of the snapshot's format that is known.
_SCHEMA_VERSION = 1


class FeatureFlags:
    """Feature flags of an environment, of `load_feature_flags` or `parse_feature_flags`."""

    def __init__(self, percents: Mapping[str, int]) -> None:
        self._percents = dict(percents)

    @property
    def keys(self) -> Sequence[str]:
        """Keys of all flags, sorted."""
        return sorted(self._percents)

    def is_enabled(self, key: str, subject: str, *, default: bool = False) -> bool:
        """Reports whether a feature is on for a subject.

        It never is if its flag is disabled; else it is for the part of all subjects that its
        percentage says, always the same ones.

        Args:
            key: Key of the flag.
            subject: Whom it is for, such as a user's id. An empty one is a subject, too.
            default: The answer if there is no such flag.
        """
        percent = self._percents.get(key)
        return default if percent is None else is_within(key, subject, percent)


def load_feature_flags(snapshot: FeatureFlagSnapshot | None) -> FeatureFlags:
    """Takes a snapshot of feature flags. Later changes of the message change nothing.

    Raises:
        EventError: `nil`; `unsupported` version of its schema; `missing` if a flag has no key;
            `invalid` if two have one key, or a percentage is not 0 to 100.
    """
    snapshot = given("snapshot", snapshot)
    if snapshot.schema_version != _SCHEMA_VERSION:
        raise EventError("unsupported", "schema_version", f"must be {_SCHEMA_VERSION}")
    percents: dict[str, int] = {}
    for flag in snapshot.flags:
        if flag.key == "":
            raise EventError("missing", "flags.key", "must not be empty")
        if flag.key in percents:
            raise EventError("invalid", "flags.key", "is that of two flags")
        percent = cast("object", flag.rollout_percent)
        if not isinstance(percent, int) or not 0 <= percent <= 100:
            raise EventError("invalid", "flags.rollout_percent", "must be 0 to 100")
        percents[flag.key] = flag.rollout_percent if flag.enabled else 0
    return FeatureFlags(percents)


def parse_feature_flags(text: str | bytes, *, max_bytes: int = MAX_BYTES) -> FeatureFlags:
    """Reads a snapshot of feature flags from ProtoJSON.

    Fields that are not known are ignored: the version of the schema says whether a reader
    understands it.

    Args:
        text: The text, or its bytes in UTF-8.
        max_bytes: How many bytes are read at most.

    Raises:
        EventError: As `load_feature_flags` does, and `too_large`.
    """
    value = parse_bounded_json("snapshot", text, max_bytes)
    return load_feature_flags(
        decode_json("snapshot", FeatureFlagSnapshot, value, ignore_unknown_fields=True)
    )
