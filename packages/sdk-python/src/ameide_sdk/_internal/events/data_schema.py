"""The schema of data, by its name."""

from __future__ import annotations

_MODULE = "buf.build/ameideio/ameide"
"""The Buf module of the Ameide APIs."""


def data_schema_of(type_name: str, module: str) -> str:
    """Names the schema of a message: its module, then its full name.

    That is a type URL (google/protobuf/any.proto), which the protobuf format of CloudEvents asks
    for.

    Args:
        type_name: The full name of the message.
        module: The Buf module of the message. Default that of the Ameide APIs for their messages;
            for others none, and the type URL says no more than the message's name.
    """
    is_ours = type_name.startswith(("ameide.", "beamline."))
    named = _MODULE if module == "" and is_ours else module
    return f"https://{named}/{type_name}" if named else f"type.googleapis.com/{type_name}"


def message_named(url: str) -> str:
    """Returns the full name of the message that a type URL or a schema of ours names."""
    return url.rpartition("/")[2]
