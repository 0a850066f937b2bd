"""Says in words why a call was tried again, or was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ameide_sdk._internal.policy.failure import Failure
from ameide_sdk._internal.policy.retry import StopReason
from ameide_sdk._internal.policy.server_hints import Hint, hint_delay

if TYPE_CHECKING:
    from ameide_sdk._internal.call.call_plan import CallPlan


def explain_stop(
    stop_reason: StopReason | None, plan: CallPlan, failure: Failure | None, made: int
) -> str:
    """Says which fact decided about a retry, and which wait the server asked for.

    Args:
        made: Number of attempts made, including those that do not count.
    """
    if stop_reason is None:
        return f"retried: {_why_allowed(plan, failure)}"
    fact = f"not retried: {_why_stopped(stop_reason, plan, failure, made)}"
    if failure is None or failure.hint is None or failure.origin == "client":
        return fact
    asked = hint_delay(failure.hint)
    if asked is None:
        return fact
    return f"{fact}; the server asked for a wait of {asked:.0f} ms ({_name_of(failure.hint)})"


def _why_stopped(
    stop_reason: StopReason, plan: CallPlan, failure: Failure | None, made: int
) -> str:
    match stop_reason:
        case "canceled":
            return "the caller canceled"
        case "committed":
            return "messages had reached the application"
        case "not_retryable":
            return _why_never(failure, plan)
        case "not_idempotent":
            return _why_not_idempotent(plan)
        case "server_pushback":
            return "the server asked not to (grpc-retry-pushback-ms)"
        case "attempts":
            if plan.policy.retry:
                return _all_made(plan, made)
            if plan.observed is not None and plan.observed.retry:
                return _only_observed(plan, "repeats nothing")
            return f"retries of {plan.method} are off"
        case "server_delay":
            most_ms = plan.policy.max_server_delay_ms
            if failure is not None and (hint_delay(failure.hint) or 0) > most_ms:
                source = plan.source_of("max_server_delay_ms")
                return f"a wait is at most maxServerDelayMs, {most_ms:.0f} ms ({source})"
            return _deadline_first(plan)
        case "deadline":
            # An attempt that the SDK ended names the limit in its own error.
            if failure is None or failure.origin == "client":
                return "no time is left before the deadline"
            return _deadline_first(plan)
        case "budget":
            return "the retry budget is used up"


def _why_not_idempotent(plan: CallPlan) -> str:
    if not plan.shape.replays:
        return f"{plan.method} streams its request, and what was sent of it cannot be had again"
    if plan.key_withheld:
        return _only_observed(plan, "sends no idempotency key")
    why = " (requireIdempotency)" if plan.policy.require_idempotency else ""
    return f"{plan.method} declares no idempotency level, and the server may have acted{why}"


def _deadline_first(plan: CallPlan) -> str:
    return (
        f"the wait would exceed the deadline of {plan.timeout_ms:.0f} ms ({plan.deadline_source()})"
    )


def _name_of(hint: Hint) -> str:
    if hint.kind != "delay":
        return "grpc-retry-pushback-ms"
    return "google.rpc.RetryInfo" if hint.from_ == "retry_info" else str(hint.from_)


# The events tell whether budget and time would have allowed it.
def _only_observed(plan: CallPlan, what: str) -> str:
    most = 1 if plan.observed is None else plan.observed.max_attempts
    would = "would have made one attempt" if most == 1 else f"would have made up to {most} attempts"
    return f"mode is observe, which {what}; enforce {would}, as far as budget and deadline go"


def _why_never(failure: Failure | None, plan: CallPlan) -> str:
    if failure is None:
        return "the failure from the client is not a transient failure"
    if failure.mismatch is not None:
        if failure.mismatch == "certificate":
            return "the peer's certificate was refused"
        return "client and server are configured incompatibly"
    if failure.reason == "REDIRECT_REFUSED":
        return "redirects are not followed"
    fact = f"{failure.code} from the {failure.origin} is not a transient failure"
    if failure.code == "unauthenticated" and failure.origin == "server":
        none = plan.no_credential()
        if none is not None:
            return f"{fact} ({none})"
    if failure.code == "unauthenticated" and plan.policy.require_idempotency:
        return f"{fact}, and requireIdempotency allows no replay without proof"
    return fact


def _why_allowed(plan: CallPlan, failure: Failure | None) -> str:
    policy = plan.policy
    if policy.wait_for_ready and failure is not None and failure.sent == "no":
        return "nothing was sent, and waitForReady is on"
    if policy.idempotency != "unknown":
        return f"{plan.method} is {policy.idempotency.upper()}"
    if plan.idempotency_key is not None:
        if policy.carries_idempotency_key:
            return f"{plan.method} declares idempotency_key, and one was sent"
        return "an idempotency key was sent"
    if plan.key_sent:
        return f"{plan.method} declares request_id_field {policy.request_id_field}, which was sent"
    return "the server did not act on it, or asked for it"


def _all_made(plan: CallPlan, made: int) -> str:
    most = plan.policy.max_attempts
    every = (
        f"the one attempt of {plan.method} was made"
        if most == 1
        else f"all {most} attempts of {plan.method} were made"
    )
    more = made - most
    if more == 0:
        return every
    if more == 1:
        return f"{every}, and a transparent retry, which does not count"
    return f"{every}, and {more} transparent retries, which do not count"
