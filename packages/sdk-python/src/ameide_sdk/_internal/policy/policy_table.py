"""Table of each value that may be stated for a client or its methods.

A row has the kind, bounds and default of a value, and the places that can state it. Checks of
options, the policy document, the environment, the layers and the comparison with the suite's
`policy.json` are derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

Idempotency: TypeAlias = Literal["no_side_effects", "idempotent", "unknown"]
"""Effect of repeating a call. From `idempotency_level`."""

TenantMode: TypeAlias = Literal["required", "optional", "forbidden"]
"""Tenant that a call carries. From `ameide.policy.v1.tenant`."""

MethodKind: TypeAlias = Literal["unary", "server_streaming", "client_streaming", "bidi_streaming"]
"""Kind of a method, by the sides that stream."""

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps (RFC 8259, section 6)."""

_MAX_UINT32 = 2**32 - 1


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """The effective policy of one method. Durations are milliseconds.

    Attributes:
        timeout_ms: Overall deadline of a call; None is none. Built in for unary calls only.
        attempt_timeout_ms: Longest time of one unary attempt while another may follow; None is
            none.
        first_message_timeout_ms: Longest wait for the first message of a stream; None is none.
        idle_timeout_ms: Longest wait between two messages of a stream; None is none.
        retry: False to repeat nothing, not even transparently.
        max_attempts: Attempts of one call, including the first.
        base_delay_ms: Base of the exponential backoff.
        throttle_delay_ms: Base of the backoff after a throttle.
        max_delay_ms: Cap of the computed backoff.
        max_server_delay_ms: Longest wait a server may ask for.
        retryable_codes: Codes retried beyond the standard ones, in Connect's spelling, sorted.
        require_idempotency: True to repeat a method of unknown idempotency without a key only if
            nothing was sent.
        wait_for_ready: True to let a call go on until its deadline while nothing was sent.
        idempotency: Idempotency of the method.
        carries_idempotency_key: True if the proto of the method asks for an idempotency key.
        request_id_field: Request field for the request id (AIP-155), by its proto name; None for
            none.
        idempotency_key: `auto` attaches a key if the proto of the method asks for one.
        tenant_mode: Tenant that a call carries.
        auth_mode: `bearer` attaches the client's credential.
        scopes: OAuth scopes given to the token provider.
        long_lived: True for a stream that is meant to stay open.
    """

    timeout_ms: float | None
    attempt_timeout_ms: float | None
    first_message_timeout_ms: float | None
    idle_timeout_ms: float | None
    retry: bool
    max_attempts: int
    base_delay_ms: float
    throttle_delay_ms: float
    max_delay_ms: float
    max_server_delay_ms: float
    retryable_codes: tuple[str, ...]
    require_idempotency: bool
    wait_for_ready: bool
    idempotency: Idempotency
    carries_idempotency_key: bool
    request_id_field: str | None
    idempotency_key: Literal["auto", "off"]
    tenant_mode: TenantMode
    auth_mode: Literal["bearer", "none"]
    scopes: tuple[str, ...]
    long_lived: bool


@dataclass(frozen=True, slots=True)
class BudgetValues:
    """Retry budget of a client.

    Attributes:
        capacity: Initial and maximum number of tokens.
        cost: Cost of a retry.
        throttle_cost: Cost of a retry after a throttle, and of the transparent retry.
    """

    capacity: float
    cost: float
    throttle_cost: float


RuleKind: TypeAlias = Literal[
    "timeout", "integer", "word", "flag", "codes", "enum", "text", "texts"
]
"""Kind of a value: `timeout` is any number of milliseconds greater than 0 in code, a whole number
elsewhere; `enum` is a word of the field's enum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRule:
    """Rule for a value.

    Attributes:
        is_: Kind of the value.
        min: Least value of a number, where it is whole.
        max: Greatest value of a number; a bound may be a constant of the behavior itself.
        words: Values of a `word`.
    """

    is_: RuleKind
    min: int = 1
    max: int | Literal["max_max_attempts"] = MAX_SAFE_INTEGER
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow(ValueRule):
    """One value of a method's policy.

    Attributes:
        default: Built-in value.
        built_in_for: Kinds of method that have the default; others have None. Empty: all.
        option: How code states it: in one of these options, or by `retry: false`. None: not at
            all.
        in_document: False if a document cannot state it.
        field: Field of `ameide.policy.v1.MethodPolicy`, if it is not the one of its name.
        kinds: Kinds of method that the value has an effect on. Empty: all.
        variable: Environment variable that states it.
    """

    default: Any
    built_in_for: tuple[MethodKind, ...] = ()
    option: Literal["settings", "retry", "retry: false"] | None = None
    in_document: bool = True
    field: str | None = None
    kinds: tuple[MethodKind, ...] = ()
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow(ValueRule):
    """One number of a client.

    Attributes:
        default: Built-in value; None for none.
    """

    default: int | None


POLICY: Mapping[str, PolicyRow] = {
    "timeout_ms": PolicyRow(
        is_="timeout",
        option="settings",
        default=30_000,
        built_in_for=("unary",),
        variable="AMEIDE_TIMEOUT_MS",
    ),
    "attempt_timeout_ms": PolicyRow(
        is_="timeout", option="settings", default=10_000, kinds=("unary",)
    ),
    "first_message_timeout_ms": PolicyRow(
        is_="timeout", option="settings", default=30_000, kinds=("server_streaming",)
    ),
    "idle_timeout_ms": PolicyRow(
        is_="timeout",
        option="settings",
        default=60_000,
        kinds=("server_streaming", "bidi_streaming"),
    ),
    "retry": PolicyRow(
        is_="flag",
        option="retry: false",
        default=True,
        in_document=False,
        variable="AMEIDE_SDK_RETRIES",
    ),
    "max_attempts": PolicyRow(
        is_="integer",
        max="max_max_attempts",
        option="retry",
        default=3,
        variable="AMEIDE_MAX_ATTEMPTS",
    ),
    "base_delay_ms": PolicyRow(is_="integer", option="retry", default=50),
    "throttle_delay_ms": PolicyRow(is_="integer", option="retry", default=1_000),
    "max_delay_ms": PolicyRow(is_="integer", option="retry", default=20_000),
    "max_server_delay_ms": PolicyRow(is_="integer", option="retry", default=60_000),
    "retryable_codes": PolicyRow(is_="codes", option="retry", default=()),
    "require_idempotency": PolicyRow(is_="flag", option="retry", default=False),
    "wait_for_ready": PolicyRow(is_="flag", option="settings", default=False),
    "idempotency": PolicyRow(is_="enum", default="unknown", field="facts.idempotency_level"),
    "carries_idempotency_key": PolicyRow(is_="flag", default=False, field="facts.idempotency_key"),
    "request_id_field": PolicyRow(is_="text", default=None, field="facts.request_id_field"),
    "idempotency_key": PolicyRow(
        is_="word", words=("auto", "off"), option="settings", default="auto"
    ),
    "tenant_mode": PolicyRow(is_="enum", default="optional", field="facts.tenant"),
    "auth_mode": PolicyRow(is_="enum", default="bearer", field="facts.auth"),
    "scopes": PolicyRow(is_="texts", default=(), in_document=False),
    "long_lived": PolicyRow(is_="flag", default=False, in_document=False),
}
"""Policy of a method, in the order of `explain`."""

BUDGET: Mapping[str, NumberRow] = {
    "capacity": NumberRow(is_="integer", max=10_000, default=500),
    "cost": NumberRow(is_="integer", max=10_000, default=14),
    "throttle_cost": NumberRow(is_="integer", max=10_000, default=5),
}
"""Retry budget: the fields of `ameide.policy.v1.RetryBudget`."""

CLIENT: Mapping[str, NumberRow] = {
    "connect_timeout_ms": NumberRow(is_="timeout", default=10_000),
    "max_connections": NumberRow(is_="integer", max=65_535, default=256),
    # gRFC A8 recommends no less than 10 s.
    "keep_alive.interval_ms": NumberRow(is_="integer", min=1_000, default=20_000),
    "keep_alive.timeout_ms": NumberRow(is_="integer", default=10_000),
    "max_connection_age_ms": NumberRow(is_="integer", default=None),
    "read_max_bytes": NumberRow(is_="integer", max=_MAX_UINT32, default=4 * 1_024 * 1_024),
    "compression.min_bytes": NumberRow(is_="integer", min=0, max=_MAX_UINT32, default=1_024),
    # Ends before Kubernetes kills, 30 s after it asks to end.
    "drain.timeout_ms": NumberRow(is_="timeout", default=20_000),
}
"""Numbers that code states for a client, by the paths of its options."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of kept and printed data. They are the same in every SDK, and no call shows them.

    Attributes:
        max_origins: Origins whose connections and retry budgets a client family keeps.
        max_page_token_characters: Page tokens kept of a list, in characters.
        max_faults: Listed faults and unknown fields of a document.
        max_thrown_texts: Listed texts along the causes of a callback's error.
        max_thrown_characters: Length of each of these texts.
    """

    max_origins: int = 100
    max_page_token_characters: int = 1_024 * 1_024
    max_faults: int = 20
    max_thrown_texts: int = 8
    max_thrown_characters: int = 300


BOUNDS = Bounds()

ROWS: tuple[tuple[str, PolicyRow], ...] = tuple(POLICY.items())
"""Rows of the table, in its order."""

TIME_LIMITS: tuple[str, ...] = tuple(name for name, row in ROWS if row.is_ == "timeout")
"""Names of the time limits."""


def names_of(option: Literal["settings", "retry"]) -> tuple[str, ...]:
    """Lists the names of the values in one place of the options."""
    return tuple(name for name, row in ROWS if row.option == option)


def bounds_of(rule: ValueRule, max_max_attempts: int) -> tuple[int, int]:
    """Returns the least and the greatest number in a document and the environment.

    Args:
        rule: Rule of the number; it is whole there.
        max_max_attempts: Maximum number of attempts a policy may ask for.
    """
    return rule.min, max_max_attempts if rule.max == "max_max_attempts" else rule.max


def default_values() -> PolicyValues:
    """Returns the built-in policy of a method."""
    return PolicyValues(**{name: row.default for name, row in ROWS})


def default_budget() -> BudgetValues:
    """Returns the built-in retry budget."""
    return BudgetValues(**{name: row.default or 0 for name, row in BUDGET.items()})


def default_number(name: str) -> int:
    """Returns the built-in value of a number in `CLIENT` that has one."""
    value = CLIENT[name].default
    if value is None:
        raise KeyError(name)
    return value


def defaults_for(defaults: PolicyValues, kind: MethodKind) -> PolicyValues:
    """Returns the defaults for a kind of method."""
    without: dict[str, Any] = {
        name: None for name, row in ROWS if row.built_in_for and kind not in row.built_in_for
    }
    return replace(defaults, **without)
