"""Limits of calls and attempts, and what the server is told of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.policy.policy import Protocol as WireProtocol

UNBOUNDED = math.inf
"""Time left without a deadline."""

Limit: TypeAlias = Literal["deadline", "attempt_timeout", "first_message_timeout", "idle_timeout"]
"""Limits that can end an attempt."""


def overall_timeout(
    constants: PolicyConstants,
    policy_ms: float | None,
    runtime_ms: float | None,
    ambient_ms: float | None,
) -> float:
    """Returns the overall deadline of a call as whole milliseconds from its start.

    It is the smallest of the policy's timeout, the runtime's own parameter, and the ambient
    deadline less a margin, so that the child settles before its parent.
    """
    return _floor(
        min(
            UNBOUNDED if policy_ms is None else policy_ms,
            UNBOUNDED if runtime_ms is None else runtime_ms,
            UNBOUNDED if ambient_ms is None else ambient_ms - constants.ambient_margin_ms,
        )
    )


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """Time limit of an attempt.

    Attributes:
        limit_ms: In milliseconds.
        cause: Name of the limit.
        on_wire: True if the server is told this limit instead of the time the call has left.
    """

    limit_ms: float
    cause: Limit
    on_wire: bool


def attempt_limit(
    remaining_ms: float,
    part_ms: float | None,
    cause: Literal["attempt_timeout", "first_message_timeout", "idle_timeout"],
) -> AttemptLimit:
    """Returns the nearer of two limits: the time the call has left, and a limit for a part of it.

    Args:
        remaining_ms: Milliseconds the call has left.
        part_ms: Limit of the part in milliseconds; None for none.
        cause: Name of that limit.
    """
    limit_ms = UNBOUNDED if part_ms is None else _floor(part_ms)
    if limit_ms < remaining_ms:
        return AttemptLimit(limit_ms, cause, on_wire=cause == "attempt_timeout")
    return AttemptLimit(remaining_ms, "deadline", on_wire=True)


def wire_timeout(
    constants: PolicyConstants, limit: AttemptLimit, remaining_ms: float
) -> int | Literal["expired"] | None:
    """Returns the limit that the server is told.

    It is that of the attempt, or the time the call has left if the limit is the client's alone:
    whole milliseconds, rounded down, of at most 10 digits (Connect protocol,
    `Timeout-Milliseconds`). None means no header, `expired` that too little is left to send
    anything.
    """
    limit_ms = limit.limit_ms if limit.on_wire else remaining_ms
    if limit_ms == UNBOUNDED:
        return None
    if limit_ms < constants.min_wire_timeout_ms:
        return "expired"
    return min(math.floor(limit_ms), constants.max_wire_timeout_ms)


TIMEOUT_HEADERS = ("connect-timeout-ms", "grpc-timeout")
"""Names of the headers that tell a server a limit, in all protocols."""

_GRPC_MAX_VALUE = 99_999_999


class _Headers(Protocol):
    def __setitem__(self, name: str, value: str, /) -> None: ...


def set_timeout_header(headers: _Headers, protocol: WireProtocol, ms: int) -> None:
    """Sets the header that tells the server a limit of at most 10 digits.

    That of gRPC has 8 and a unit (gRPC over HTTP/2, `Timeout`): milliseconds, and seconds, rounded
    down, if those are too many. Finer units would add nothing to the SDK's limits.
    """
    connect, grpc = TIMEOUT_HEADERS
    if protocol == "connect":
        headers[connect] = str(ms)
    else:
        headers[grpc] = f"{ms}m" if ms <= _GRPC_MAX_VALUE else f"{ms // 1_000}S"


class _Clock(Protocol):
    def now(self) -> float: ...


def sends_at_ms(clock: _Clock, start_ms: float, is_first: bool, asked_provider: bool) -> float:
    """Returns the start of an attempt.

    No time passes before the first one, unless a provider took a millisecond of it.

    Args:
        clock: Monotonic clock of the call.
        start_ms: Start of the call.
        is_first: True for the first attempt.
        asked_provider: True if a token provider was asked for the first attempt.
    """
    if is_first and not asked_provider:
        return start_ms
    now_ms = clock.now()
    return start_ms if is_first and now_ms - start_ms < 1 else now_ms


def _floor(ms: float) -> float:
    return ms if ms == UNBOUNDED else math.floor(ms)
