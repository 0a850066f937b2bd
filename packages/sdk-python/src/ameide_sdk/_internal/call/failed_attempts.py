"""The failed attempts of a call, and what followed each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.errors import AttemptFailure
from ameide_sdk._internal.policy.failure import Failure
from ameide_sdk._internal.policy.retry import Decision, RetryClass, StopReason

if TYPE_CHECKING:
    from ameide_sdk._internal.call.attempt import Attempt


@dataclass(frozen=True, slots=True)
class Failed:
    """Failed attempt, and its failure."""

    attempt: Attempt
    failure: Failure
    retry_class: RetryClass
    error: ConnectError


@dataclass(frozen=True, slots=True)
class Followed:
    """Outcome of a failed attempt: another one after a wait, or a reason for none."""

    delay_ms: float = 0
    transparent: bool = False
    stop_reason: StopReason | None = None


def followed_by(decision: Decision) -> Followed:
    """Returns what follows by a decision."""
    return Followed(decision.delay_ms, decision.transparent, decision.stop_reason)


def with_attempt(
    earlier: tuple[AttemptFailure, ...], failed: AttemptFailure, followed: Followed
) -> tuple[AttemptFailure, ...]:
    """Returns the failed attempts of a call with one more.

    Of consecutive waits for a server only the last is kept, as their number is unbounded.
    """
    attempt = failed
    if followed.stop_reason is None:
        attempt = replace(failed, delay_ms=followed.delay_ms, transparent=followed.transparent)
    in_one_wait = len(earlier) > 0 and _is_wait(earlier[-1]) and _is_wait(attempt)
    return (*(earlier[:-1] if in_one_wait else earlier), attempt)


# Other transparent retries follow at once.
def _is_wait(attempt: AttemptFailure) -> bool:
    return attempt.transparent and attempt.delay_ms > 0
