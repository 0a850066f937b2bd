"""Data of events in the JSON format."""

from __future__ import annotations

import base64
import re
from typing import Any, cast

from protobuf import Registry
from protobuf.wkt import Any as AnyMessage
from protobuf.wkt import BytesValue, StringValue, Value

from ameide_sdk._internal.events.attributes import trimmed
from ameide_sdk._internal.events.bounded_json import check_data
from ameide_sdk._internal.events.data_schema import message_named
from ameide_sdk._internal.events.event_error import EventError
from ameide_sdk._internal.events.proto_json import UNREADABLE, decode_json, types_with
from ameide_sdk._internal.events.well_formed import check_text, check_texts


def data_of(members: dict[str, Any], registry: Registry | None) -> AnyMessage | None:
    """Returns the data of an event in the JSON format (section 3.1.2 of the format).

    Returns:
        None if there is none.
    """
    has_bytes = members.get("data_base64") is not None
    if has_bytes and "data" in members:
        raise EventError("invalid", "data", "must not be beside data_base64")
    media_type = _media_type_of(trimmed("datacontenttype", members.get("datacontenttype")))
    named = message_named(trimmed("dataschema", members.get("dataschema")))
    if has_bytes:
        return _from_bytes(_bytes_of(members["data_base64"]), media_type, named)
    if "data" not in members:
        return None
    data = members["data"]
    if _is_json(media_type):
        return _from_json(data, named, registry)
    if not isinstance(data, str):
        raise EventError("invalid", "data", "must be text, as its content type is not JSON")
    check_text("data", data)
    return _packed(StringValue(value=data))


def check_typed(data: object) -> None:
    """Checks that data in ProtoJSON says what it is. Some decoders take it for empty otherwise.

    Raises:
        EventError: `invalid`.
    """
    if data is None:
        return
    members = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    if not isinstance(members.get("@type"), str):
        raise EventError("invalid", "data", "must have an @type")


def _packed(message: StringValue | BytesValue | Value) -> AnyMessage:
    try:
        return AnyMessage.pack(message)
    except UNREADABLE as error:
        raise EventError("invalid", "data", "cannot be encoded") from error


_FULL_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


def _from_bytes(value: bytes, media_type: str, named: str) -> AnyMessage:
    is_protobuf = re.fullmatch(r"application/(?:x-|vnd\.google\.)?protobuf", media_type)
    if is_protobuf and _FULL_NAME.fullmatch(named):
        return AnyMessage(type_url=f"type.googleapis.com/{named}", value=value)
    return _packed(BytesValue(value=value))


def _from_json(data: Any, named: str, registry: Registry | None) -> AnyMessage:
    check_data("data", data)
    check_texts("data", data)
    types = types_with(registry)
    url = cast("dict[str, object]", data).get("@type") if isinstance(data, dict) else None
    schema = None if data is None else types.message(named)
    # "@type" means something else in JSON-LD.
    if isinstance(url, str) and types.message(message_named(url)) is not None:
        if schema is not None and message_named(url) != named:
            rule = f"has an @type other than {named}, which dataschema names"
            raise EventError("mismatch", "data", rule)
        return decode_json("data", AnyMessage, data, registry=registry, ignore_unknown_fields=True)
    if schema is None:
        return _packed(decode_json("data", Value, data))
    try:
        message = decode_json(
            "data", schema.type, data, registry=registry, ignore_unknown_fields=True
        )
        return AnyMessage.pack(message)
    except UNREADABLE as error:
        raise EventError("mismatch", "data", f"is no {named}, which dataschema names") from error


def _media_type_of(stated: str) -> str:
    return trimmed("datacontenttype", stated.partition(";")[0]).lower()


def _is_json(media_type: str) -> bool:
    return media_type == "" or media_type.endswith(("/json", "+json"))


def _bytes_of(value: object) -> bytes:
    digits = re.sub("={1,2}$", "", trimmed("data_base64", value))
    if not re.fullmatch("[A-Za-z0-9+/]*", digits) or len(digits) % 4 == 1:
        raise EventError("invalid", "data_base64", "is not base64 (RFC 4648, section 4)")
    return base64.b64decode(digits + "=" * (-len(digits) % 4))
