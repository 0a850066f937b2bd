"""Names of headers that only the SDK may set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ameide_sdk._internal.options.options import is_mapping

_RESERVED: Mapping[str, str] = {
    "accept-encoding": "compression",
    "authorization": "auth",
    "traceparent": "telemetry",
    "tracestate": "telemetry",
    "user-agent": "app_name",
}

# RFC 9110, section 7.6.1; RFC 9113, sections 3.1 and 8.2.2. With these headers a caller would frame
# a message differently from the connection, or control the connection.
_OF_CONNECTION = frozenset(
    {
        "connection",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

_OF_PROTOCOL = re.compile(r"(connect|grpc|content)-")


@dataclass(frozen=True, slots=True)
class PolicyHeaders:
    """Names of the headers that the SDK sets, in lower case."""

    tenant: str = "x-tenant-id"
    request_id: str = "x-request-id"
    idempotency_key: str = "idempotency-key"


@dataclass(frozen=True, slots=True)
class ReservedNames:
    """Names of headers that only the SDK may set, in lower case.

    Attributes:
        own: Headers that the SDK sends with any credential, with the options made for them.
        keys: Headers of static keys.
    """

    own: Mapping[str, str]
    keys: frozenset[str]


def policy_header_names(names: object) -> PolicyHeaders:
    """Returns the names of the SDK's headers, in lower case.

    Args:
        names: The option `header_names`, perhaps unchecked.
    """
    members: Mapping[Any, Any] = names if is_mapping(names) else {}
    stated = {
        member: name.lower()
        for member in PolicyHeaders.__slots__
        if isinstance(name := members.get(member), str)
    }
    return PolicyHeaders(**stated)


def reserved_names(
    layers: Iterable[Mapping[str, object]], policy_headers: PolicyHeaders
) -> ReservedNames:
    """Returns the names of headers that users may not set, besides those reserved in every client.

    Args:
        layers: Options, perhaps unchecked.
        policy_headers: Names of the SDK's headers.
    """
    keys: set[str] = set()
    for options in layers:
        per_method = options.get("methods")
        of_methods = per_method.values() if is_mapping(per_method) else ()
        for settings in (options, *of_methods):
            auth = settings.get("auth") if is_mapping(settings) else None
            name = auth.get("header") if is_mapping(auth) else None
            if isinstance(name, str):
                keys.add(name.lower())
    own = {getattr(policy_headers, option): option for option in PolicyHeaders.__slots__}
    return ReservedNames({**_RESERVED, **own}, frozenset(keys))


def set_by_sdk(option: str | None = None) -> str:
    """States the rule for a header that the SDK sets, with the option made for it, if any."""
    return "is set by the SDK" if option is None else f"is set by the SDK; use the option {option}"


def reserved_rule(name: str, reserved: ReservedNames) -> str | None:
    """Says why a user may not set a header of this name; None if it is allowed."""
    lower = name.lower()
    if _is_of_connection(lower):
        return "is a header of the connection, which no caller sets"
    if lower in reserved.keys:
        return set_by_sdk("auth")
    return set_by_sdk(reserved.own.get(lower)) if is_own_header(lower, reserved) else None


def is_own_header(lower: str, reserved: ReservedNames) -> bool:
    """Reports whether the SDK, the protocol or the connection sets a header of this name.

    Args:
        lower: The name in lower case.
        reserved: Names reserved in the client.
    """
    return lower in reserved.own or has_meaning(lower)


def has_meaning(lower: str) -> bool:
    """Reports whether a header of this name, in lower case, has a meaning in every client."""
    return lower in _RESERVED or _is_of_connection(lower) or _OF_PROTOCOL.match(lower) is not None


def connection_header(headers: Iterable[tuple[str, str]]) -> str | None:
    """Returns the first connection header that interceptors added; None if there is none.

    gRPC itself sends `te: trailers`.

    Args:
        headers: Each value with its name.
    """
    for name, value in headers:
        lower = name.lower()
        if (_is_of_connection(lower) or lower == "content-length") and (lower, value) != (
            "te",
            "trailers",
        ):
            return lower
    return None


def _is_of_connection(lower: str) -> bool:
    return lower in _OF_CONNECTION or lower.startswith("proxy-")
