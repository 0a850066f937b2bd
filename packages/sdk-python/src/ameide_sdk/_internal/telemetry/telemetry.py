"""Spans and metrics of calls, as the SDK knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ameide_sdk._internal.telemetry.observer import CallInfo, CallSink

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


@dataclass(frozen=True, slots=True)
class TelemetryOptions:
    """Telemetry options of a client.

    Attributes:
        baggage: Keys of W3C baggage to pass on.
        attempt_spans: Create a child span for each attempt.
    """

    baggage: tuple[str, ...]
    attempt_spans: bool


class Telemetry(Protocol):
    """Creates spans and metrics of calls."""

    def begin(self, call: CallInfo, options: TelemetryOptions) -> CallSink | None:
        """Called when a call begins, in the context of its caller.

        Returns:
            None if it is of no interest.
        """
        ...


def open_telemetry(
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    tenant_attribute: bool = False,
) -> Telemetry:
    """Records spans and metrics through OpenTelemetry; give it to the option `telemetry`.

    Args:
        tracer_provider: Default: the one registered with OpenTelemetry's global API.
        meter_provider: Default: the one registered with OpenTelemetry's global API.
        tenant_attribute: Record the tenant of a call as the attribute `ameide.tenant` of its span.

    Raises:
        ImportError: If the distribution `opentelemetry-api` is not installed.
    """
    from ameide_sdk._internal.telemetry.otel_telemetry import OtelTelemetry

    return OtelTelemetry(tracer_provider, meter_provider, tenant_attribute=tenant_attribute)


def global_telemetry() -> Telemetry | None:
    """Returns telemetry for what is registered with OpenTelemetry's global API when a call begins.

    Returns:
        None if the distribution `opentelemetry-api` is not installed.
    """
    try:
        return open_telemetry()
    except ImportError:
        return None
