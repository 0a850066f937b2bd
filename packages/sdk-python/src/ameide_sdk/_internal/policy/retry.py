"""The decision about a retry."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ameide_sdk._internal.policy.budget import Budget, retry_cost
from ameide_sdk._internal.policy.failure import Failure
from ameide_sdk._internal.policy.policy import PolicyConstants, PolicyValues
from ameide_sdk._internal.policy.server_hints import hint_delay

RetryClass: TypeAlias = Literal["NOT_SENT", "AMBIGUOUS", "THROTTLE", "TRANSIENT", "NEVER"]
"""Class of a failure, for deciding about a retry."""

StopReason: TypeAlias = Literal[
    "canceled",
    "committed",
    "not_retryable",
    "not_idempotent",
    "server_pushback",
    "attempts",
    "server_delay",
    "deadline",
    "budget",
]
"""Reasons for not trying a failed call again."""

InputState: TypeAlias = Literal["replayable", "unsent", "consumed"]
"""State of a call's input: it can be sent again, as the single message of unary calls and server
streams can; or it is a stream of which nothing, or something, was sent."""


def classify(failure: Failure, retryable_codes: Collection[str]) -> RetryClass:
    """Returns the class of a failure; the first that matches."""
    if failure.origin == "client" or failure.mismatch is not None:
        return "NEVER"
    if failure.sent == "no":
        return "NOT_SENT"
    if failure.attempt_timed_out or failure.sent == "maybe":
        return "AMBIGUOUS"
    if failure.http_status == 429 and not failure.wire_error:
        return "THROTTLE"
    if failure.code == "resource_exhausted" and hint_delay(failure.hint) is not None:
        return "THROTTLE"
    if failure.code == "unavailable" or failure.code in retryable_codes:
        return "TRANSIENT"
    return "NEVER"


# A second execution would do no harm: the method says so, or the request carries something to
# deduplicate on.
def _is_repeatable(policy: PolicyValues, key_sent: bool) -> bool:
    return policy.idempotency != "unknown" or key_sent


def gate(
    retry_class: RetryClass, policy: PolicyValues, key_sent: bool, failure: Failure | None = None
) -> bool:
    """Reports whether the proto of a method allows a retry after a failure of a class.

    A method of unknown idempotency is repeated only if the server cannot have seen the request,
    asks for it in an error of its own, or gets an idempotency key; the server's asking does not
    count with `require_idempotency`.
    """
    if _is_repeatable(policy, key_sent) or retry_class == "NOT_SENT":
        return True
    return not policy.require_idempotency and failure is not None and _asks_to_come_back(failure)


# A complete answer that is an error. A gateway that throttles (429, no error of the protocol) and
# says until when has not passed the request on.
def _asks_to_come_back(failure: Failure) -> bool:
    hint = failure.hint
    if failure.sent != "yes" or hint is None or hint.kind == "stop":
        return False
    from_gateway = failure.http_status == 429 and not failure.wire_error and not failure.unread
    return hint.kind == "pushback" or hint.from_ == "retry_info" or from_gateway


@dataclass(frozen=True, slots=True)
class RetryState:
    """The retries a call has used so far.

    Attributes:
        attempts: Attempts that count: all but those followed by a transparent retry.
        exponent: Counted retries since the last pushback.
        transparent: True once the only transparent retry has been used, or could not be paid.
        waits: Waits for a server since an attempt last reached one.
    """

    attempts: int = 0
    exponent: int = 0
    transparent: bool = False
    waits: int = 0

    def uncounted(self) -> RetryState:
        """Returns the state if the last attempt does not count."""
        return replace(self, attempts=self.attempts - 1)


NO_ATTEMPTS = RetryState()
"""State of a new call."""

_FIRST_ATTEMPT = RetryState(attempts=1)


def with_next_attempt(state: RetryState) -> RetryState:
    """Returns the state of a call with one more attempt."""
    return _FIRST_ATTEMPT if state is NO_ATTEMPTS else replace(state, attempts=state.attempts + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Decision after a failed attempt.

    Attributes:
        retry: True if another attempt follows.
        delay_ms: Wait before the next attempt, in milliseconds.
        cost: Cost in tokens of the budget.
        transparent: True if the failed attempt does not count.
        next: State after the retry; None without one.
        stop_reason: Reason for which none follows; None if one does.
    """

    retry: bool
    delay_ms: float = 0
    cost: float = 0
    transparent: bool = False
    next: RetryState | None = None
    stop_reason: StopReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Facts that a decision depends on.

    Attributes:
        key_sent: True if an idempotency key is sent.
        committed: True if messages of a stream reached the application.
        remaining_ms: Milliseconds to the deadline; infinite without one.
    """

    constants: PolicyConstants
    policy: PolicyValues
    budget: Budget
    failure: Failure
    retry_class: RetryClass
    state: RetryState
    key_sent: bool
    input: InputState
    committed: bool
    remaining_ms: float


def decide(s: Situation, random: Callable[[], float]) -> Decision:
    """Decides whether another attempt follows a failed one.

    Args:
        s: Facts about the call. The lock of its budget is held by the caller if a retry is to be
            paid.
        random: Draws a number, uniform in [0, 1), once for each wait that is computed.
    """
    failure, policy, retry_class, state = s.failure, s.policy, s.retry_class, s.state
    if (why := _stop_before_retries(s)) is not None:
        return _stop(why)
    if not policy.retry:
        return _stop("attempts")
    if retry_class == "NOT_SENT":
        if not state.transparent and (_can_pay(s, _at_once_cost(s)) or not policy.wait_for_ready):
            return _transparent_retry(s)
        if policy.wait_for_ready:
            return _wait_for_ready(s, random())
    if state.attempts >= policy.max_attempts:
        return _stop("attempts")
    asked = hint_delay(failure.hint)
    if asked is not None and (asked > policy.max_server_delay_ms or asked >= s.remaining_ms):
        return _stop("server_delay")
    if asked is not None and failure.hint is not None and failure.hint.kind == "pushback":
        delay_ms, exponent = asked, 0
    else:
        delay_ms, exponent = _computed_delay(s, asked, random()), state.exponent + 1
    return _paid(
        s,
        Decision(
            retry=True,
            delay_ms=delay_ms,
            cost=retry_cost(s.budget.values, retry_class == "THROTTLE"),
            next=replace(state, exponent=exponent, waits=0),
        ),
    )


def _stop_before_retries(s: Situation) -> StopReason | None:
    failure = s.failure
    if failure.ended and failure.code == "canceled":
        return "canceled"
    if failure.ended and failure.origin == "client":
        return "deadline"
    if s.committed:
        return "committed"
    if s.retry_class == "NEVER":
        return "not_retryable"
    sendable = s.input == "replayable" or (s.input == "unsent" and s.retry_class == "NOT_SENT")
    if not sendable or not gate(s.retry_class, s.policy, s.key_sent, failure):
        return "not_idempotent"
    if failure.hint is not None and failure.hint.kind == "stop":
        return "server_pushback"
    return None


# Once per call, at once, and at the cost of a retry after a throttle: the server did no work.
def _transparent_retry(s: Situation) -> Decision:
    state = replace(s.state.uncounted(), transparent=True)
    return _paid(s, Decision(retry=True, cost=_at_once_cost(s), transparent=True, next=state))


# Costs nothing, since a server that cannot be reached gets no load from it. A wait beyond the
# call's time is shortened to leave time to send.
def _wait_for_ready(s: Situation, u: float) -> Decision:
    cap_ms = min(s.policy.max_delay_ms, s.constants.max_ready_delay_ms)
    drawn_ms = math.floor(u * _doubled(s.policy.base_delay_ms, s.state.waits, cap_ms))
    wait_ms = drawn_ms if _is_in_time(s, drawn_ms) else math.floor(s.remaining_ms / 2)
    state = replace(s.state.uncounted(), transparent=True, waits=s.state.waits + 1)
    # Each wait takes some time, so that there is an end.
    return _paid(s, Decision(retry=True, delay_ms=max(1, wait_ms), transparent=True, next=state))


def waits_out(decision: Decision, s: Situation) -> bool:
    """Reports whether a call that waits for a server has no time for another attempt.

    It fails as if its deadline had ended it, whichever came first (gRPC's wait for ready).
    """
    is_late = decision.stop_reason == "deadline"
    return is_late and s.policy.wait_for_ready and s.retry_class == "NOT_SENT"


def _at_once_cost(s: Situation) -> float:
    return retry_cost(s.budget.values, cheap=True)


def _can_pay(s: Situation, cost: float) -> bool:
    return s.budget.tokens >= cost


def _is_in_time(s: Situation, delay_ms: float) -> bool:
    return delay_ms < s.remaining_ms - s.constants.deadline_margin_ms


def _paid(s: Situation, retry: Decision) -> Decision:
    if not _is_in_time(s, retry.delay_ms):
        return _stop("deadline")
    return retry if _can_pay(s, retry.cost) else _stop("budget")


def _stop(reason: StopReason) -> Decision:
    return Decision(retry=False, stop_reason=reason)


# Full jitter over an exponential base; a hint is a floor, with jitter of its own.
def _computed_delay(s: Situation, asked: float | None, u: float) -> float:
    policy, constants = s.policy, s.constants
    base = policy.throttle_delay_ms if s.retry_class == "THROTTLE" else policy.base_delay_ms
    backoff = math.floor(u * _doubled(base, s.state.exponent, policy.max_delay_ms))
    if asked is None:
        return backoff
    jitter = min(constants.hint_jitter_cap_ms, asked / constants.hint_jitter_divisor)
    return max(backoff, asked + math.floor(u * jitter))


# A float overflows with an error at an exponent that a call which waits for a server may reach.
def _doubled(base: float, times: int, cap: float) -> float:
    return min(cap, math.ldexp(base, min(times, 64)))


def may_replay_with_new_token(
    *,
    failure: Failure,
    policy: PolicyValues,
    state: RetryState,
    key_sent: bool,
    replayed: bool,
    input_state: InputState,
    committed: bool,
) -> bool:
    """Reports whether a refused credential is answered with a replay.

    That is once per call, if an attempt is left, whatever the method's idempotency, since the
    server did not act. The exceptions are an answer that says not to send the call again, and
    `require_idempotency` for a call that is not repeatable. A replay takes an attempt, but neither
    budget nor a wait.
    """
    return (
        failure.code == "unauthenticated"
        and failure.origin == "server"
        and not (failure.hint is not None and failure.hint.kind == "stop")
        and not failure.sent_again
        and policy.retry
        and (not policy.require_idempotency or _is_repeatable(policy, key_sent))
        and not replayed
        and not committed
        and input_state != "consumed"
        and state.attempts < policy.max_attempts
    )


def is_get_too_long(failure: Failure, method: str | None) -> bool:
    """Reports whether a GET was refused as too long.

    That is by 414 (URI Too Long) or 431 (Request Header Fields Too Large), which a server may
    answer to a long address too. If retries are on, it is sent again as POST, which takes no
    attempt, no budget and no wait.

    Args:
        failure: Failure of the attempt.
        method: HTTP method of the request.
    """
    too_long = failure.http_status in (414, 431)
    return too_long and failure.origin == "server" and method == "GET"
