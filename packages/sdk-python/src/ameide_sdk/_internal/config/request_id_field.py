"""The request field that names a request (AIP-155)."""

from __future__ import annotations

from ameide_core_proto.google.api.field_info_pb import FieldInfo, ext_field_info
from protobuf.wkt.google.protobuf.descriptor_pb import FieldDescriptorProto

from ameide_sdk._internal.config.descriptors import Method, RequestField, request_type
from ameide_sdk._internal.errors.did_you_mean import nearest_of
from ameide_sdk._internal.options.check_values import quoted


def find_request_id_field(method: Method, name: str, by_proto: bool) -> RequestField | str:
    """Finds the request id field of a request, by its proto name.

    Args:
        method: Method whose request it is.
        name: Name of the field.
        by_proto: True if the method itself names it. Then it must have the format UUID4
            (AIP-4235); a document speaks for protos that do not state formats.

    Returns:
        The field, or the fault of its name.
    """
    if method.kind in ("client_streaming", "bidi_streaming"):
        return f"is not for {method.local}, which streams its requests"
    shown = quoted(name, 128)
    request = request_type(method)
    if request is None:
        return f"{shown} cannot be found: {method.name} has no descriptor"
    found = next((each for each in request.fields if each.proto.name == name), None)
    if found is None:
        near = nearest_of(name, [each.proto.name for each in request.fields])
        hint = "" if near is None else f"; did you mean {near}?"
        return f"{shown} is no field of {request.type_name}{hint}"
    if not _is_one_text(found.proto):
        return f"{shown} of {request.type_name} must be one string, outside of any oneof"
    stated = _format_of(found.proto)
    is_unstated = not by_proto and stated == FieldInfo.Format.UNSPECIFIED
    if stated != FieldInfo.Format.UUID4 and not is_unstated:
        wanted = "(google.api.field_info).format = UUID4"
        return f"{shown} of {request.type_name} must have {wanted}"
    return found


# What is optional is in a oneof of its own.
def _is_one_text(field: FieldDescriptorProto) -> bool:
    return (
        field.type == FieldDescriptorProto.Type.STRING
        and field.label != FieldDescriptorProto.Label.REPEATED
        and (field.proto3_optional or not field.has_field("oneof_index"))
    )


def _format_of(field: FieldDescriptorProto) -> FieldInfo.Format:
    options = field.options
    if options is None or ext_field_info not in options:
        return FieldInfo.Format.UNSPECIFIED
    return options[ext_field_info].format
