"""Options that are valid alone, but not together."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import ClientOptions

HttpVersion: TypeAlias = Literal["1.1", "2", "negotiated"]
"""HTTP version of connections; a server over https picks it if nothing else does."""


def check_combinations(options: ClientOptions, scheme: str) -> None:
    """Refuses options that cannot work together.

    Args:
        options: Options of all layers.
        scheme: That of the base address.

    Raises:
        AmeideError: CONFIG_INVALID naming the option and what to do.
    """
    protocol = options.get("protocol", "connect")
    if protocol == "grpc" and options.get("http_version") == "1.1":
        raise config_error(
            "http_version",
            "must be 2 for gRPC, whose answers end in trailers; leave it out, or speak grpc-web",
        )
    if protocol != "connect" and options.get("http_get") is True:
        rule = f"is for protocol connect: {protocol} has no GET; leave it out"
        raise config_error("http_get", rule)
    tls = options.get("tls", {})
    if scheme == "http" and tls:
        raise config_error(
            "tls", "is for https, and the base address is http; leave one of them out"
        )
    if ("certificate" in tls) != ("key" in tls):
        stated, missing = ("certificate", "key") if "certificate" in tls else ("key", "certificate")
        raise config_error(f"tls.{stated}", f"needs tls.{missing}")


def http_version_of(options: ClientOptions, origin: str) -> HttpVersion:
    """Returns the HTTP version of the SDK's connections."""
    stated = options.get("http_version")
    if stated is not None:
        return stated
    if options.get("protocol") == "grpc":
        return "2"
    return "negotiated" if origin.startswith("https:") else "1.1"
