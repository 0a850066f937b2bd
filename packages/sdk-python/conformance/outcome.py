"""How calls end, as it is told to the runner."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import SeenError, SeenOutcome
from ameide_conformance_proto.ameide.conformance.v1.expect_pb import AttemptFailure

from ameide_sdk import AmeideError
from ameide_sdk import AttemptFailure as SdkAttemptFailure
from environment import CaseClock


async def outcome_of(clock: CaseClock, call: Callable[[], Awaitable[str]]) -> SeenOutcome:
    """Waits for a call and returns how it ended."""
    start_ms = clock.now()
    try:
        text = await call()
    except (Exception, asyncio.CancelledError) as error:
        return failed(clock, start_ms, error)
    return SeenOutcome(ok=text, duration_ms=_since(clock, start_ms))


def failed(clock: CaseClock, start_ms: float, error: BaseException) -> SeenOutcome:
    """Returns the outcome of a call that has failed."""
    return SeenOutcome(error=_seen_error(error), duration_ms=_since(clock, start_ms))


# Instants of a virtual clock are sums of binary fractions.
def _since(clock: CaseClock, start_ms: float) -> float:
    return round(clock.now() - start_ms, 3)


def _seen_error(reason: BaseException) -> SeenError:
    error = AmeideError.from_exception(reason)
    seen = SeenError(
        code=error.code.value,
        origin=error.origin,
        stop_reason=error.stop_reason or "",
        reason=error.reason or "",
        domain=error.domain or "",
        metadata=dict(error.reason_metadata or {}),
        retryable=error.retryable,
        attempts=[_seen_attempt(attempt) for attempt in error.attempts],
        message=error.message,
        explanation=error.explanation or "",
        server_request_id=error.server_request_id or "",
        fields=[violation.field for violation in error.field_violations],
        detail_count=len(error.details),
        committed=error.committed,
        native_cancellation=isinstance(reason, asyncio.CancelledError | TimeoutError),
        cause="" if error.cause is None else _printable(str(error.cause)),
        text=f"{error}\n{json.dumps(error.to_json(), ensure_ascii=False, separators=(',', ':'))}",
    )
    if error.retry_after_ms is not None:
        seen.retry_after_ms = error.retry_after_ms
    if error.http_status is not None:
        seen.http_status = error.http_status
    return seen


def _seen_attempt(attempt: SdkAttemptFailure) -> AttemptFailure:
    members: dict[str, Any] = attempt.to_json()
    return AttemptFailure(
        code=members["code"],
        class_=members["class"],
        sent=members["sent"],
        message=members["message"],
        duration_ms=members["durationMs"],
        delay_ms=members["delayMs"],
        transparent=members["transparent"],
    )


# A report holds UTF-8.
def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()
