"""How messages are encoded."""

from __future__ import annotations

import inspect
from typing import Any, Literal

from connectrpc.code import Code
from connectrpc.codec import Codec, proto_binary_codec, proto_json_codec
from connectrpc.errors import ConnectError
from protobuf import Registry


def codec_of(
    stub: type, format_: Literal["binary", "json"], registry: Registry | None = None
) -> Codec[Any, Any]:
    """Returns the codec for Connect's client of a generated class.

    Stubs of the google protobuf runtime (the plugin's option `protobuf=google`) have codecs of
    their own.

    Args:
        registry: Messages that JSON may have in an `Any`. Default the well-known types.
    """
    return _TellingCodec(_codec_of(stub, format_, registry))


class _TellingCodec(Codec[Any, Any]):
    """Tells what cannot be encoded: Connect takes it for a server that is not there."""

    def __init__(self, inner: Codec[Any, Any]) -> None:
        self._inner = inner

    def name(self) -> str:
        return self._inner.name()

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> Any:
        return self._inner.decode(data, message_class)

    def encode(self, message: Any) -> bytes:
        try:
            return self._inner.encode(message)
        except Exception as error:
            raise ConnectError(Code.INTERNAL, f"marshal message: {error}") from error


def _codec_of(
    stub: type, format_: Literal["binary", "json"], registry: Registry | None
) -> Codec[Any, Any]:
    own = _own_codec(stub)
    if format_ == "binary":
        return proto_binary_codec() if own is None else own
    if own is None or not type(own).__module__.startswith("connectrpc.compat"):
        return proto_json_codec(registry)
    from connectrpc.compat import google_protobuf_json_codec

    return google_protobuf_json_codec()


def _own_codec(stub: type) -> Codec[Any, Any] | None:
    parameter = inspect.signature(stub).parameters.get("codec")
    default = None if parameter is None else parameter.default
    return None if default is inspect.Parameter.empty else default
