"""Messages as ProtoJSON, with the field names of the proto."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar

from ameide_core_proto.ameide.events.v1.change_pb import Change
from ameide_core_proto.ameide.events.v1.cloud_event_pb import CloudEvent
from ameide_core_proto.ameide.tap.v1.tap_event_data_pb import TapEventData
from protobuf import Message, Registry, message_from_json_value, message_to_json_value
from protobuf.wkt import BytesValue, ListValue, StringValue, Struct, Timestamp, Value

from ameide_sdk._internal.events.bounded_json import MAX_BYTES, parse_bounded_json
from ameide_sdk._internal.events.event_error import EventError, given
from ameide_sdk._internal.events.json_fields import check_fields
from ameide_sdk._internal.events.well_formed import check_text, check_texts

M = TypeVar("M", bound=Message[Any])

# What protobuf raises for what it cannot encode or decode.
UNREADABLE = (ValueError, TypeError, RecursionError, OverflowError)


def to_proto_json(message: Message[Any], *, registry: Registry | None = None) -> str:
    """Encodes a message as ProtoJSON, with the field names of the proto (`tenant_id`).

    Args:
        message: The message.
        registry: Messages of yours that may be in a `google.protobuf.Any` of it. Change,
            TapEventData, and what JSON, text and bytes are kept in, are always known.

    Raises:
        EventError: `nil`, or `invalid` where a message in it is not known, or has no JSON.
    """
    given("message", message)
    try:
        value = message_to_json_value(
            message, registry=types_with(registry), use_proto_field_name=True
        )
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except UNREADABLE as error:
        raise EventError("invalid", "message", f"cannot be JSON: {_cut(error)}") from error
    check_text("message", text)
    return text


def from_proto_json(
    message_type: type[M],
    text: str | bytes,
    *,
    registry: Registry | None = None,
    max_bytes: int = MAX_BYTES,
) -> M:
    """Decodes ProtoJSON strictly: a field not in the proto, or there twice, is refused.

    Args:
        message_type: The generated class.
        text: The text. Names may be those of the proto, or lowerCamelCase.
        registry: As for `to_proto_json`.
        max_bytes: How many bytes are read at most.

    Raises:
        EventError: `nil`, `too_large`, or `invalid`.
    """
    value = parse_bounded_json("text", text, max_bytes)
    return decode_json("text", message_type, value, registry=registry)


def decode_json(
    field: str,
    message_type: type[M],
    value: Any,
    *,
    registry: Registry | None = None,
    ignore_unknown_fields: bool = False,
) -> M:
    """Decodes parsed ProtoJSON.

    Args:
        field: What it is, for errors.
        message_type: The generated class.
        value: The parsed JSON.
        registry: As for `to_proto_json`.
        ignore_unknown_fields: Ignores fields that are not in the proto.

    Raises:
        EventError: `invalid`.
    """
    check_texts(field, value)
    types = types_with(registry)
    try:
        check_fields(message_type.desc(), value, types)
        return message_from_json_value(
            message_type,
            value,
            registry=types,
            ignore_unknown_fields=ignore_unknown_fields,
        )
    except UNREADABLE as error:
        name = message_type.desc().type_name
        raise EventError("invalid", field, f"is no {name}: {_cut(error)}") from error


@cache
def _known() -> Registry:
    return Registry(
        *(Change, CloudEvent, TapEventData),
        *(BytesValue, ListValue, StringValue, Struct, Timestamp, Value),
    )


def types_with(registry: Registry | None = None) -> Registry:
    """Returns a registry of what events always may carry, and of more."""
    return _known() if registry is None else Registry(_known(), registry)


# Messages of what a text holds may be as long as it.
def _cut(error: Exception) -> str:
    text = str(error)
    shown = f"{text[:256]}…" if len(text) > 256 else text
    if text.endswith("is not in the type registry"):
        return f"{shown}; give its class in a Registry as registry"
    return shown
