"""Tells the observer, the log and the spans of one call what happens in it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import pyqwest

from ameide_sdk._internal.call.explain_stop import explain_stop
from ameide_sdk._internal.call.failed_attempts import Failed, Followed
from ameide_sdk._internal.errors.bounded_text import printable, truncate
from ameide_sdk._internal.errors.errors import AmeideError, code_name
from ameide_sdk._internal.policy.policy import PolicyValues
from ameide_sdk._internal.policy.retry import RetryClass, Situation, StopReason, decide, gate
from ameide_sdk._internal.policy.server_hints import hint_delay
from ameide_sdk._internal.runtime.callbacks import tell
from ameide_sdk._internal.telemetry.log import redact_headers
from ameide_sdk._internal.telemetry.observer import (
    AttemptFailed,
    AttemptStarted,
    CallEvent,
    Done,
    Waiting,
    WaitingKind,
    WouldHave,
    WouldHaveWhat,
)

if TYPE_CHECKING:
    from ameide_sdk._internal.call.attempt import Attempt
    from ameide_sdk._internal.call.call_plan import CallPlan


class CallEvents:
    """The only source of what is observed, logged and traced of a call."""

    __slots__ = ("_client", "_plan", "_untold")

    def __init__(self, plan: CallPlan) -> None:
        """Begins with nothing told."""
        self._plan = plan
        self._client = plan.client
        # Events that not every listener has been told of yet.
        self._untold: deque[CallEvent] = deque()

    @property
    def is_silent(self) -> bool:
        """True if nobody listens."""
        return len(self._plan.sinks) == 0

    def started(self, attempt: Attempt, timeout_ms: float | None, headers: pyqwest.Headers) -> None:
        """Tells that an attempt starts."""
        if self.is_silent:
            return
        plan = self._plan
        self._emit(
            AttemptStarted(
                method=plan.method,
                request_id=plan.request_id,
                at_ms=self._elapsed(),
                attempt=attempt.number,
                timeout_ms=timeout_ms,
                idempotency_key=plan.idempotency_key,
                headers=redact_headers(headers, self._client.constants),
            )
        )

    def failed(self, failed: Failed, message: str, followed: Followed) -> None:
        """Tells that an attempt has failed."""
        if self.is_silent:
            return
        plan, attempt, failure = self._plan, failed.attempt, failed.failure
        stop_reason = followed.stop_reason
        self._emit(
            AttemptFailed(
                method=plan.method,
                request_id=plan.request_id,
                at_ms=self._elapsed(),
                attempt=attempt.number,
                code=failure.code,
                class_=failed.retry_class,
                origin=failure.origin,
                sent=failure.sent,
                message=printable(truncate(message, self._client.constants.max_message_bytes)),
                http_status=failure.http_status,
                retry_after_ms=hint_delay(failure.hint),
                duration_ms=self._client.clock.now() - attempt.started_ms,
                delay_ms=followed.delay_ms if stop_reason is None else None,
                stop_reason=stop_reason,
                explanation=explain_stop(stop_reason, plan, failure, attempt.number),
            )
        )

    def waiting(self, delay_ms: float, retry_class: RetryClass, kind: WaitingKind) -> None:
        """Tells that another attempt follows."""
        if self.is_silent:
            return
        self._emit(
            Waiting(
                method=self._plan.method,
                request_id=self._plan.request_id,
                at_ms=self._elapsed(),
                delay_ms=delay_ms,
                class_=retry_class,
                kind=kind,
                budget_tokens=self._client.budget.tokens,
            )
        )

    def done(
        self,
        error: AmeideError | None,
        stop_reason: StopReason | None,
        attempts: int,
        retry_delay_ms: float,
        last: Attempt | None,
    ) -> None:
        """Tells that the call is over."""
        if self.is_silent:
            return
        plan = self._plan
        duration_ms = self._elapsed()
        self._would_expire(duration_ms, last)
        if last is not None and (peer := last.recording.peer) is not None:
            for sink in plan.sinks:
                tell(sink.peer, *peer)
        self._emit(
            Done(
                method=plan.method,
                request_id=plan.request_id,
                at_ms=duration_ms,
                code=None if error is None else code_name(error.code),
                message=None if error is None else printable(error.message),
                stop_reason=stop_reason,
                attempts=attempts,
                duration_ms=duration_ms,
                retry_delay_ms=retry_delay_ms,
                budget_tokens=self._client.budget.tokens,
            )
        )

    def would_refuse(self, explanation: str) -> None:
        """Tells, in observe mode, that policy would have refused the call."""
        self._would_have("refused", explanation)

    def would_retry(self, situation: Situation, *, replay: bool) -> None:
        """Tells, in observe mode, whether policy would have sent another attempt."""
        observed = self._plan.observed
        if observed is None:
            return
        if replay:
            self._would_have("retried", "would have been tried again with a new token")
            return
        timeout_ms = math.inf if observed.timeout_ms is None else observed.timeout_ms
        decision = decide(
            replace(
                situation,
                policy=observed,
                remaining_ms=timeout_ms - self._elapsed(),
                key_sent=situation.key_sent or self._plan.key_withheld,
            ),
            self._client.runtime.random.backoff,
        )
        if decision.retry:
            why = situation.retry_class
            self._would_have(
                "retried", f"would have been tried again after {decision.delay_ms:.0f} ms ({why})"
            )

    def _would_expire(self, duration_ms: float, last: Attempt | None) -> None:
        plan = self._plan
        observed = plan.observed
        if observed is None:
            return
        if observed.timeout_ms is not None and duration_ms > observed.timeout_ms:
            ms = observed.timeout_ms
            self._would_have("expired", f"would have ended at its deadline of {ms:.0f} ms")
        attempt_ms = 0 if last is None else self._client.clock.now() - last.started_ms
        limit_ms = observed.attempt_timeout_ms
        if limit_ms is not None and attempt_ms > limit_ms and self._another_may_follow(observed):
            ended = f"the attempt would have been cut after {limit_ms:.0f} ms"
            self._would_have("expired", ended)

    def _another_may_follow(self, observed: PolicyValues) -> bool:
        plan = self._plan
        return (
            plan.kind == "unary"
            and observed.retry
            and observed.max_attempts > 1
            and gate("AMBIGUOUS", observed, plan.key_sent or plan.key_withheld)
        )

    def _would_have(self, what: WouldHaveWhat, explanation: str) -> None:
        plan = self._plan
        self._emit(
            WouldHave(
                method=plan.method,
                request_id=plan.request_id,
                at_ms=self._elapsed(),
                what=what,
                explanation=explanation,
            )
        )

    def _elapsed(self) -> float:
        return self._client.clock.now() - self._plan.start_ms

    # A listener may end the call: all are told of one event before the next.
    def _emit(self, event: CallEvent) -> None:
        untold = self._untold
        untold.append(event)
        if len(untold) > 1:
            return
        while untold:
            for sink in self._plan.sinks:
                tell(sink.event, untold[0])
            untold.popleft()
