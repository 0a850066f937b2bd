"""How messages are encoded."""

from __future__ import annotations

import inspect
from typing import Any, Literal

from connectrpc.codec import Codec, proto_json_codec
from protobuf import Registry


def codec_of(
    stub: type, format_: Literal["binary", "json"], registry: Registry | None = None
) -> Codec[Any, Any] | None:
    """Returns the codec for Connect's client of a generated class; None for its default.

    Stubs of the google protobuf runtime (the plugin's option `protobuf=google`) have codecs of
    their own.

    Args:
        registry: Messages that JSON may have in an `Any`. Default the well-known types.
    """
    if format_ == "binary":
        return _own_codec(stub)
    own = _own_codec(stub)
    if own is None or not type(own).__module__.startswith("connectrpc.compat"):
        return proto_json_codec(registry)
    from connectrpc.compat import google_protobuf_json_codec

    return google_protobuf_json_codec()


def _own_codec(stub: type) -> Codec[Any, Any] | None:
    parameter = inspect.signature(stub).parameters.get("codec")
    default = None if parameter is None else parameter.default
    return None if default is inspect.Parameter.empty else default
