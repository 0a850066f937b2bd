"""The errors of calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectrpc.errors import ConnectError

from ameide_sdk._internal.call.explain_stop import explain_stop
from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts, code_of
from ameide_sdk._internal.policy.failure import AbortCause
from ameide_sdk._internal.policy.retry import StopReason
from ameide_sdk._internal.policy.server_hints import hint_delay

if TYPE_CHECKING:
    from ameide_sdk._internal.call.call_plan import CallPlan
    from ameide_sdk._internal.call.failed_attempts import Failed


def error_of_attempt(
    failed: Failed, stop_reason: StopReason, plan: CallPlan, facts: ErrorFacts
) -> AmeideError:
    """Returns the error of a call whose last attempt failed.

    Args:
        facts: Facts about the call.
    """
    error, failure = failed.error, failed.failure
    recording = failed.attempt.recording
    # An AmeideError raised by an interceptor or a provider keeps its reason.
    own = isinstance(error, AmeideError) and failure.origin == "client"
    reason = error.reason if own and isinstance(error, AmeideError) else None
    known = replace(
        facts,
        origin=failure.origin,
        reason=reason or failure.reason,
        stop_reason=stop_reason,
        http_status=failure.http_status,
        retry_after_ms=hint_delay(failure.hint),
        explanation=explain_stop(stop_reason, plan, failure, len(facts.attempts)),
        server_request_id=recording.get(plan.header_names.request_id),
        metadata=recording.metadata,
    )
    return AmeideError(error, known, code_of(failure.code))


def error_of_abort(
    cause: AbortCause, error: ConnectError, plan: CallPlan, facts: ErrorFacts
) -> AmeideError:
    """Returns the error of a call that was ended while it had no attempt under way."""
    stop_reason: StopReason = "canceled" if cause == "canceled" else "deadline"
    explanation = explain_stop(stop_reason, plan, None, 0)
    return AmeideError(
        error, replace(facts, origin="client", stop_reason=stop_reason, explanation=explanation)
    )
