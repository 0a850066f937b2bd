"""One unary call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ameide_sdk._internal.call.attempt import Attempt
from ameide_sdk._internal.call.base_call import ENDS_ATTEMPTS, BaseCall
from ameide_sdk._internal.call.call_plan import CallPlan
from ameide_sdk._internal.call.limit_message import AnswerPart
from ameide_sdk._internal.call.response_metadata import ResponseMetadata
from ameide_sdk._internal.policy.deadline import AttemptLimit, attempt_limit
from ameide_sdk._internal.policy.retry import InputState, gate
from ameide_sdk._internal.runtime.flow import Flow, Perform
from ameide_sdk._internal.runtime.waiter import Waiter

Send = Callable[[Attempt], Any]
"""Makes one attempt: returns its answer, or an awaitable of it."""


class UnaryCall(BaseCall):
    """One call with one answer."""

    def __init__(
        self, plan: CallPlan, waiter: Waiter, send: Send, metadata: ResponseMetadata | None
    ) -> None:
        """Begins nothing yet.

        Args:
            metadata: Is shown the headers of the answer.
        """
        super().__init__(plan, waiter)
        self._send = send
        self._metadata = metadata

    def run(self) -> Flow[Any]:
        """Makes the call and all its attempts.

        Raises:
            AmeideError: If it has failed.
            CancelledError: If its task was canceled; our error is its cause.
        """
        try:
            return (yield from self._run())
        except BaseException as reason:
            told = self._end(reason)
            if told is reason:
                raise
            raise told from None

    def _run(self) -> Flow[Any]:
        self._start()
        while True:
            attempt = yield from self._next_attempt()
            deadline_ms = self._plan.start_ms + self._plan.timeout_ms
            try:
                answer = yield Perform(lambda: self._send(attempt), deadline_ms)  # noqa: B023
            except ENDS_ATTEMPTS as reason:
                yield from self._failed(attempt, reason)
                continue
            self._check_closed()
            self._check_tenant(attempt.recording)
            if self._metadata is not None:
                self._metadata.show(attempt.recording)
            self._succeed(attempt)
            return answer

    # Limits an attempt by the attempt timeout only while another may follow.
    def _limit(self, now_ms: float) -> AttemptLimit:
        plan, budget = self._plan, self._client.budget
        policy = plan.policy
        another_may_follow = (
            policy.retry
            and gate("AMBIGUOUS", policy, plan.key_sent)
            and self._state.attempts < policy.max_attempts
            and budget.tokens >= budget.values.cost
        )
        attempt_ms = policy.attempt_timeout_ms if another_may_follow else None
        return attempt_limit(plan.remaining(now_ms), attempt_ms, "attempt_timeout")

    def _awaited(self) -> AnswerPart:
        return AnswerPart("the rest of the answer")

    def _input_state(self) -> InputState:
        return "replayable"
