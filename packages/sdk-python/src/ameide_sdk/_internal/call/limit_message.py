"""The words for a call that was ended: which limit, and what it was waiting for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ameide_sdk._internal.auth.token_wait import TokenWait
from ameide_sdk._internal.errors.errors import NOTHING_SENT, AttemptFailure
from ameide_sdk._internal.policy.deadline import Limit
from ameide_sdk._internal.policy.failure import AbortCause

if TYPE_CHECKING:
    from ameide_sdk._internal.call.attempt import Attempt
    from ameide_sdk._internal.call.call_plan import CallPlan

AwaitedPart: TypeAlias = Literal["the rest of the answer", "a message of the stream", "its reader"]


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """Part of an answer that a call waits for after the head.

    Attributes:
        since_ms: Start of the wait, if later than the arrival of the head.
    """

    what: AwaitedPart
    since_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Limited:
    """Call whose limit has been reached.

    Attributes:
        attempt: Attempt under way, or the last one.
        failed: The last attempt that failed.
        unsent: Failure of the last attempt, if nothing of it was sent.
    """

    now_ms: float
    plan: CallPlan
    attempt: Attempt | None
    failed: AttemptFailure | None
    token_wait: TokenWait | None
    awaited: AnswerPart
    unsent: str | None


CANCELED = "the call was canceled"


def abort_message(cause: AbortCause, call: Limited) -> str:
    """Writes the message of a call that the SDK ended.

    For a limit it says which limit, its length, who stated it, and where the time went. Every SDK
    writes the same.
    """
    if cause == "canceled":
        return CANCELED
    return f"{_which_limit(cause, call.plan)}: {where_it_stood(call)}{_why_unsent(cause, call)}"


# A last attempt that could not be sent tells more than the wait that followed.
def _why_unsent(cause: AbortCause, call: Limited) -> str:
    attempt = call.attempt
    if cause != "deadline" or call.unsent is None or attempt is None:
        return ""
    recording = attempt.recording
    # Over HTTP/1.1 the HTTP client does not tell whether it is connected.
    is_known = recording.asked_ms is not None or recording.progress == "answered"
    if not attempt.over and is_known:
        return ""
    failed = attempt.number if attempt.over else attempt.number - 1
    return f"; attempt {failed} could not be sent: {call.unsent}"


def _reached(attempt: Attempt) -> bool:
    return attempt.recording.progress in ("sent", "answered")


def _which_limit(limit: Limit, plan: CallPlan) -> str:
    policy = plan.policy
    match limit:
        case "deadline":
            ms = max(0, plan.timeout_ms)
            return f"the deadline of {ms:.0f} ms expired ({plan.deadline_source()})"
        case "attempt_timeout":
            ms = math.floor(policy.attempt_timeout_ms or 0)
            return f"the attempt timed out after {ms} ms ({plan.source_of('attempt_timeout_ms')})"
        case "first_message_timeout":
            ms = math.floor(policy.first_message_timeout_ms or 0)
            source = plan.source_of("first_message_timeout_ms")
            return f"no first message came in {ms} ms ({source})"
        case "idle_timeout":
            ms = math.floor(policy.idle_timeout_ms or 0)
            return f"no further message came in {ms} ms ({plan.source_of('idle_timeout_ms')})"


def where_it_stood(call: Limited) -> str:
    """Says what an ended call was waiting for."""
    attempt, now_ms = call.attempt, call.now_ms
    if call.token_wait is not None:
        return f"the call had waited {_since(call.token_wait.started_ms, now_ms)} ms for a token"
    if attempt is None:
        return NOTHING_SENT
    number = attempt.number
    if attempt.over:
        lasted_ms = 0 if call.failed is None else call.failed.duration_ms
        waited_ms = _since(attempt.started_ms + lasted_ms, now_ms)
        return f"the call had waited {waited_ms} ms between attempts {number} and {number + 1}"
    *earlier, last = _phases_of(call, attempt)
    starts = [*(phase.since_ms for phase in earlier[1:]), last.since_ms]
    before = [
        f"{ms} {phase.what}"
        for phase, end_ms in zip(earlier, starts, strict=False)
        if (ms := _since(phase.since_ms, end_ms)) != 0
    ]
    told = f", after {', '.join(before)}" if before else ""
    return f"attempt {number} had waited {_since(last.since_ms, now_ms)} {last.what}{told}"


# Phase of a wait, and its start.
@dataclass(frozen=True, slots=True)
class _Phase:
    what: str
    since_ms: float


# Returns the phases in order, as far as the recorder saw them; the last one goes on.
def _phases_of(call: Limited, attempt: Attempt) -> list[_Phase]:
    recording, awaited = attempt.recording, call.awaited
    rest = f"ms for {awaited.what}"
    if awaited.since_ms is not None:
        return [_Phase(rest, awaited.since_ms)]
    entered_ms = attempt.started_ms if attempt.entered_ms is None else attempt.entered_ms
    phases: list[_Phase] = []
    if attempt.number == 1:
        phases.append(_Phase("ms for a token", call.plan.start_ms))
    phases.append(_Phase("ms to be sent", attempt.started_ms))
    asked_ms, progress = recording.asked_ms, recording.progress
    if progress != "unsent" and (progress == "connecting" or asked_ms is not None):
        queued = recording.queued
        what = f"ms for {queued} to be free (nothing was sent)" if queued else "ms for a connection"
        phases.append(_Phase(what, entered_ms))
    if _reached(attempt):
        since_ms = entered_ms if asked_ms is None else asked_ms
        phases.append(_Phase("ms for response headers", since_ms))
    if progress == "answered":
        phases.append(_Phase(rest, recording.head_ms))
    return phases


def _since(from_ms: float, to_ms: float) -> int:
    return max(0, math.floor(to_ms - from_ms))
