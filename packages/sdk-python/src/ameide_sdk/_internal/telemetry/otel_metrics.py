"""The metrics of calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, Meter

from ameide_sdk._internal.runtime.callbacks import tell

SCOPE = "ameide_sdk"
"""Name of the instrumentation, and of its metrics' scope."""

Attributes: TypeAlias = dict[str, str | int]

# The buckets of the semantic conventions for RPC end at 10 s; a call may take its whole deadline.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60)

Record: TypeAlias = Callable[[float, Attributes, Context], object]
"""Records one value."""


class Meters:
    """Records the metrics of calls with one provider.

    One that refuses a name of ours, or raises, costs its metric and no call.
    """

    __slots__ = ("attempt_duration", "budget_tokens", "call_duration", "retries", "retry_delay")

    def __init__(self, meter: Meter) -> None:
        """Creates the instruments."""
        self.call_duration = _histogram(
            meter,
            "rpc.client.call.duration",
            "s",
            "Duration of calls, waits between attempts included",
            _SECONDS,
        )
        self.attempt_duration = _histogram(
            meter, "ameide.client.attempt.duration", "s", "Duration of single attempts", _SECONDS
        )
        self.retries = _histogram(
            meter,
            "ameide.client.call.retries",
            "{retry}",
            "Retries of calls that were retried, transparent ones not counted",
            (1, 2, 3, 4, 5),
        )
        self.retry_delay = _histogram(
            meter,
            "ameide.client.call.retry_delay",
            "s",
            "Sum of the waits between attempts of calls that were retried",
            _SECONDS,
        )
        gauge = tell(
            meter.create_gauge,
            "ameide.client.retry_budget.tokens",
            "{token}",
            "Tokens left in the retry budget",
        )
        self.budget_tokens = _nothing if gauge is None else _told(gauge.set)


def _histogram(
    meter: Meter, name: str, unit: str, description: str, buckets: Sequence[float]
) -> Record:
    def create() -> Histogram:
        return meter.create_histogram(
            name, unit, description, explicit_bucket_boundaries_advisory=buckets
        )

    histogram = tell(create)
    return _nothing if histogram is None else _told(histogram.record)


def _told(record: Record) -> Record:
    return lambda value, attributes, context: tell(record, value, attributes, context)


def _nothing(_value: float, _attributes: Attributes, _context: Context) -> None:
    pass
