"""Policy of an SDK as data: the defaults, the layers over them, and the function that merges them.

This module, like the others of the policy core, only decides: no clock, no network, no randomness,
no log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias, TypeVar, cast

from ameide_sdk._internal.policy.policy_table import (
    ROWS,
    BudgetValues,
    Idempotency,
    MethodKind,
    PolicyValues,
    TenantMode,
    default_budget,
    default_number,
    default_values,
)

__all__ = [
    "BEHAVIORS",
    "BEHAVIOR_1",
    "BudgetValues",
    "EffectivePolicy",
    "Idempotency",
    "KeepAlive",
    "MethodKind",
    "PolicyConstants",
    "PolicyLayer",
    "PolicyValues",
    "Preset",
    "Protocol",
    "TenantMode",
    "canonical_json",
    "resolve_policy",
    "select",
]

_T = TypeVar("_T")

Protocol: TypeAlias = Literal["connect", "grpc", "grpc-web"]
"""Protocol on the wire."""

Preset: TypeAlias = Literal["standalone", "mesh"]
"""Behavior that the environment around the client already has."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """PINGs that ask whether the peer of an HTTP/2 connection is there, in milliseconds."""

    interval_ms: float
    timeout_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConstants:
    """Every number of the policy that is not a field of `PolicyValues`.

    Attributes:
        success_refund: Tokens refunded when a call succeeds that paid for no retry.
        max_ready_delay_ms: Cap of the backoff while nothing can be sent, so that a server that is
            back is found soon.
        deadline_margin_ms: Least time between the end of a wait and the deadline.
        min_wire_timeout_ms: Least time left to send anything.
        ambient_margin_ms: Margin kept back from an ambient deadline.
        advisory_refresh_ms: Time before its expiry from which a token is renewed in the background.
        advisory_life_share: The same as a share of the token's life; the smaller applies.
        mandatory_refresh_ms: Time before the expiry of a token from which calls wait for a new one.
        mandatory_life_share: The same as a share of the token's life; the smaller applies.
        failed_refresh_wait_ms: Time after a failure in which no renewal is begun in the background.
        min_token_use_ms: Least time for which a token is used after it came, whatever its expiry.
        min_expiry_ms: Smallest number that is read as milliseconds since the epoch, not seconds.
        provider_pause_ms: Least time from a provider's failure, or from a refused renewal, to the
            next request.
        token_join_ms: Longest wait of calls for a request to the provider that another call began.
        token_join_share: The same as a share of the time the call has left; the smaller applies.
        token_timeout_ms: Longest wait for a token, and the deadline a provider is told.
        max_token_requests: Maximum number of simultaneous requests to one provider.
        max_tokens: Maximum number of tokens kept by a client and those derived from it.
        max_message_bytes: Longest message of an error, and longest text read from its details, in
            bytes of UTF-8.
        max_details: Maximum number of an error's details that are read.
        max_detail_bytes: Maximum number of bytes read from details of one kind.
        max_entries: Maximum number of entries read from a list or a map in a detail, and of headers
            in an event.
        max_printed_entries: Maximum number of entries printed from a list or a map.
        max_printed_text_bytes: Longest text of an entry that is printed, in bytes of UTF-8.
        connect_timeout_ms: Longest time to establish a connection.
        max_get_url_length: Longest address of a GET, in characters; a longer one is sent as POST.
        max_http2_connections: Maximum number of HTTP/2 connections to one origin that take calls.
        drain_timeout_ms: Longest wait of a draining client for its calls.
        presets: Changes that each preset makes to the defaults.
    """

    defaults: PolicyValues
    budget: BudgetValues
    success_refund: float
    max_max_attempts: int
    max_ready_delay_ms: float
    hint_jitter_cap_ms: float
    hint_jitter_divisor: float
    deadline_margin_ms: float
    min_wire_timeout_ms: float
    max_wire_timeout_ms: int
    ambient_margin_ms: float
    advisory_refresh_ms: float
    advisory_life_share: float
    advisory_jitter: float
    mandatory_refresh_ms: float
    mandatory_life_share: float
    failed_refresh_wait_ms: float
    min_token_use_ms: float
    min_expiry_ms: float
    provider_pause_ms: float
    token_join_ms: float
    token_join_share: float
    token_timeout_ms: float
    max_token_requests: int
    max_tokens: int
    max_message_bytes: int
    max_details: int
    max_detail_bytes: int
    max_entries: int
    max_printed_entries: int
    max_printed_text_bytes: int
    max_user_agent_bytes: int
    read_max_bytes: int
    connect_timeout_ms: float
    max_get_url_length: int
    keep_alive: KeepAlive
    max_http2_connections: int
    drain_timeout_ms: float
    presets: Mapping[Preset, Mapping[str, Any]]


BEHAVIOR_1 = PolicyConstants(
    defaults=default_values(),
    budget=default_budget(),
    success_refund=1,
    max_max_attempts=5,
    max_ready_delay_ms=1_000,
    hint_jitter_cap_ms=1_000,
    hint_jitter_divisor=10,
    deadline_margin_ms=1,
    min_wire_timeout_ms=1,
    max_wire_timeout_ms=9_999_999_999,
    ambient_margin_ms=5,
    advisory_refresh_ms=120_000,
    advisory_life_share=0.5,
    advisory_jitter=0.1,
    mandatory_refresh_ms=30_000,
    mandatory_life_share=0.25,
    failed_refresh_wait_ms=5_000,
    min_token_use_ms=1_000,
    min_expiry_ms=100_000_000_000,
    provider_pause_ms=1_000,
    token_join_ms=3_000,
    token_join_share=0.5,
    token_timeout_ms=30_000,
    max_token_requests=16,
    max_tokens=1_000,
    max_message_bytes=1_024,
    max_details=32,
    max_detail_bytes=64 * 1_024,
    max_entries=100,
    max_printed_entries=10,
    max_printed_text_bytes=256,
    max_user_agent_bytes=256,
    read_max_bytes=default_number("read_max_bytes"),
    connect_timeout_ms=default_number("connect_timeout_ms"),
    # RFC 9110, section 4.1: the length that everyone should be able to receive.
    max_get_url_length=8_000,
    keep_alive=KeepAlive(
        interval_ms=default_number("keep_alive.interval_ms"),
        timeout_ms=default_number("keep_alive.timeout_ms"),
    ),
    max_http2_connections=10,
    drain_timeout_ms=default_number("drain.timeout_ms"),
    presets={"standalone": {}, "mesh": {"max_attempts": 1}},
)
"""The built-in defaults of behavior version 1. A changed number is a new version."""

BEHAVIORS: Mapping[int, PolicyConstants] = {1: BEHAVIOR_1}
"""Built-in defaults by behavior version. Old versions stay selectable."""


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """Some values, and their source.

    Attributes:
        source: Name in `explain`, for example `code: client`.
        values: Values by the fields of `PolicyValues`; one that is not stated is absent.
    """

    source: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """Effective policy of a method, and the source of each value by its field."""

    values: PolicyValues
    sources: Mapping[str, str]


def resolve_policy(layers: Sequence[PolicyLayer]) -> EffectivePolicy:
    """Merges layers, the strongest first. The last one has to state every value."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, _ in ROWS:
        layer = next(each for each in layers if name in each.values)
        values[name] = layer.values[name]
        sources[name] = layer.source
    return EffectivePolicy(PolicyValues(**values), sources)


def select(entries: Mapping[str, _T], service: str, method: str) -> list[tuple[str, _T]]:
    """Returns the entries that select a method, each with its selector, the most specific first.

    That is the method (`acme.v1.Billing/Charge`), then its service (`acme.v1.Billing`). The lookup
    is that of gRPC's `methodConfig`.
    """
    selectors = (f"{service}/{method}", service)
    return [(each, entries[each]) for each in selectors if each in entries]


def canonical_json(value: object) -> str:
    """Returns the canonical JSON of a policy (RFC 8785): its hash is the same in every language.

    Args:
        value: Data of JSON. A value of None (no deadline) is kept.
    """
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        names = sorted(members, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        texts = (f"{canonical_json(name)}:{canonical_json(members[name])}" for name in names)
        return "{" + ",".join(texts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical_json, cast("Sequence[object]", value))) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


# Number::toString of ECMAScript, which RFC 8785 refers to.
def _number(value: float) -> str:
    text = repr(value).removesuffix(".0")
    if value == 0:
        return "0"
    if "e" not in text:
        return text
    if 1e-6 <= abs(value) < 1e21:
        return f"{Decimal(text):f}"
    digits, exponent = text.split("e")
    return f"{digits}e{int(exponent):+d}"
