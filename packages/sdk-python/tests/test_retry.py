"""The decision about a retry, where a call would take too long to come to it."""

from __future__ import annotations

from dataclasses import replace

from ameide_sdk._internal.policy.budget import create_budget, debit, refund
from ameide_sdk._internal.policy.failure import Failure
from ameide_sdk._internal.policy.policy import BEHAVIOR_1
from ameide_sdk._internal.policy.retry import RetryState, Situation, decide


def test_a_wait_is_bounded_however_many_there_were() -> None:
    situation = Situation(
        constants=BEHAVIOR_1,
        policy=replace(BEHAVIOR_1.defaults, wait_for_ready=True),
        budget=create_budget(BEHAVIOR_1.budget),
        failure=Failure(code="unavailable", origin="transport", sent="no"),
        retry_class="NOT_SENT",
        state=RetryState(attempts=1, transparent=True, waits=5_000),
        key_sent=False,
        input="replayable",
        committed=False,
        remaining_ms=1e9,
    )
    decision = decide(situation, lambda: 0.999)
    assert (decision.retry, decision.delay_ms, decision.cost) == (True, 999, 0)
    assert decision.next == RetryState(attempts=0, transparent=True, waits=5_001)


def test_a_budget_stays_within_its_bounds() -> None:
    budget = create_budget(BEHAVIOR_1.budget)
    refund(budget, None, 1)
    assert budget.tokens == budget.values.capacity
    debit(budget, budget.values.capacity + 1)
    assert budget.tokens == 0
    refund(budget, 14, 1)
    assert budget.tokens == 14
