"""Spans, metrics and log lines of a case, kept in memory."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import SeenLog
from ameide_conformance_proto.ameide.conformance.v1.expect_pb import Metric, Span, SpanEvent
from opentelemetry import baggage, context
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

from ameide_sdk import open_telemetry


class RecordedTelemetry:
    """Spans and metrics of a case.

    Attributes:
        option: The option of a client that tells them.
    """

    def __init__(self, told: Callable[[], None]) -> None:
        """Records from now.

        Args:
            told: Called for each span that starts or ends.
        """
        resource = Resource.get_empty()
        self._spans = _SpansInOrder(told)
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracers.add_span_processor(self._spans)
        self._reader = InMemoryMetricReader()
        self._meters = MeterProvider([self._reader], resource, shutdown_on_exit=False)
        self.option = open_telemetry(tracer_provider=self._tracers, meter_provider=self._meters)

    @contextmanager
    def in_span(self) -> Iterator[None]:
        """Has a span named `ambient` around."""
        with self._tracers.get_tracer("conformance").start_as_current_span("ambient"):
            yield

    def spans(self) -> list[Span]:
        """Returns the spans that have ended, in the order of their start."""
        ended = [span for span in self._spans.started if span.end_time is not None]
        numbers = {_id(span.get_span_context()): at for at, span in enumerate(ended, start=1)}
        return [_seen_span(span, numbers.get(_id(span.parent), 0)) for span in ended]

    def metrics(self) -> dict[str, Metric]:
        """Returns what was recorded."""
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: _seen_metric(metric)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@contextmanager
def with_baggage(entries: Mapping[str, str]) -> Iterator[None]:
    """Has this baggage active."""
    carrying = context.get_current()
    for key, value in entries.items():
        carrying = baggage.set_baggage(key, value, carrying)
    token = context.attach(carrying)
    try:
        yield
    finally:
        context.detach(token)


# Keeps spans in the order of their start, which an exporter does not see.
class _SpansInOrder(SpanProcessor):
    def __init__(self, told: Callable[[], None]) -> None:
        self.started: list[Any] = []
        self._told = told

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:  # noqa: ARG002
        self.started.append(span)
        self._told()

    def on_end(self, _span: ReadableSpan) -> None:
        self._told()


def _id(context: Any) -> int:
    return 0 if context is None else context.span_id


def _seen_span(span: Any, parent: int) -> Span:
    own = span.get_span_context()
    return Span(
        name=span.name,
        attributes=_texts(span.attributes),
        events=[
            SpanEvent(name=event.name, attributes=_texts(event.attributes)) for event in span.events
        ],
        parent=parent,
        error=span.status.status_code is StatusCode.ERROR,
        duration_ms=(span.end_time - span.start_time) / 1e6,
        trace_id=f"{own.trace_id:032x}",
        span_id=f"{own.span_id:016x}",
    )


def _texts(attributes: Mapping[str, Any] | None) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (attributes or {}).items()
    }


def _seen_metric(metric: Any) -> Metric:
    points = list(metric.data.data_points)
    seen = Metric(
        unit=metric.unit,
        description=metric.description,
        attributes=sorted({name for point in points for name in point.attributes}),
    )
    if points and isinstance(points[0], HistogramDataPoint):
        seen.count = sum(point.count for point in points)
        seen.sum = float(sum(point.sum for point in points))
        seen.bounds = list(points[0].explicit_bounds)
    else:
        seen.count = len(points)
        seen.sum = float(sum(point.value for point in points))
    return seen


class RecordedLogs(logging.Handler):
    """Log lines of a case.

    Attributes:
        logger: The logger of a client.
        lines: The lines so far.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        """Records from now.

        Args:
            told: Called for each line, with the type of its event.
        """
        super().__init__()
        self.lines: list[SeenLog] = []
        self.logger = logging.Logger("conformance", logging.DEBUG)
        self.logger.addHandler(self)
        self._told = told

    # The lock of a handler would be held while the callback goes on.
    def createLock(self) -> None:  # noqa: N802
        """Has none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line, and tells of it."""
        text = record.getMessage()
        level = "warn" if record.levelno == logging.WARNING else record.levelname.lower()
        self.lines.append(SeenLog(level=level, text=text))
        event, _, _ = text.removeprefix("ameide ").partition(" {")
        self._told(event.replace(" ", "_"))
