"""Token bucket that bounds the load that retries add to one origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from ameide_sdk._internal.policy.policy_table import BudgetValues


@dataclass(slots=True, eq=False)
class Budget:
    """A token bucket that bounds the load that retries add to one origin.

    First attempts are never limited. Clients derived from one another share a bucket per origin.
    The scheme is gRPC's retry throttling (A6), the numbers are those of the AWS SDKs.

    Attributes:
        values: Capacity and costs.
        tokens: Tokens left, never negative, never above the capacity.
        lock: To be held from a decision by the tokens to their change.
    """

    values: BudgetValues
    tokens: float
    lock: Lock = field(default_factory=Lock, repr=False)


def create_budget(values: BudgetValues) -> Budget:
    """Creates a full bucket."""
    return Budget(values, values.capacity)


def retry_cost(values: BudgetValues, cheap: bool) -> float:
    """Returns the cost of a retry; a cheap one follows a failure that cost the server little."""
    return values.throttle_cost if cheap else values.cost


def debit(budget: Budget, cost: float) -> None:
    """Takes the cost of a retry. Call only after finding that enough is left."""
    budget.tokens = max(0, budget.tokens - cost)


def refund(budget: Budget, last_cost: float | None, success_refund: float) -> None:
    """Refunds tokens after a successful call.

    Args:
        budget: Bucket of the call.
        last_cost: Cost of the last paid retry of the call; None if it paid for none.
        success_refund: Refund of a call that paid for no retry.
    """
    given = success_refund if last_cost is None else last_cost
    budget.tokens = min(budget.values.capacity, budget.tokens + given)
