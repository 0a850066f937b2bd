from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from connectrpc.request import Headers
from opentelemetry import context, trace
from opentelemetry.baggage import set_baggage
from opentelemetry.context import Context
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, NoOpTracerProvider, SpanContext, TraceFlags

from ameide_sdk._internal.policy.policy import BEHAVIOR_1
from ameide_sdk._internal.telemetry.log import create_log_sink, redact_headers
from ameide_sdk._internal.telemetry.observer import (
    AttemptFailed,
    AttemptStarted,
    CallEvent,
    CallInfo,
    CallSink,
    Done,
    Waiting,
    WouldHave,
)
from ameide_sdk._internal.telemetry.telemetry import (
    TelemetryOptions,
    global_telemetry,
    open_telemetry,
)

METHOD = "acme.v1.Billing/Charge"
CALL = CallInfo(
    service="acme.v1.Billing",
    method=METHOD,
    request_id="r1",
    tenant="acme",
    server_address="api.test",
    server_port=443,
    protocol="connect",
    start_wall_ms=1_767_225_600_000.25,
)
OPTIONS = TelemetryOptions(baggage=(), attempt_spans=False)

STARTED = AttemptStarted(
    method=METHOD,
    request_id="r1",
    at_ms=0.0,
    attempt=1,
    timeout_ms=10_000.0,
    idempotency_key="k3y",
    headers={"date": "today"},
)
FAILED = AttemptFailed(
    method=METHOD,
    request_id="r1",
    at_ms=12.5,
    attempt=1,
    code="unavailable",
    class_="TRANSIENT",
    origin="server",
    sent="yes",
    message="try later",
    http_status=503,
    retry_after_ms=None,
    duration_ms=12.5,
    delay_ms=25.0,
    stop_reason=None,
    explanation="it is a transient failure",
)
WAITING = Waiting(
    method=METHOD,
    request_id="r1",
    at_ms=12.5,
    delay_ms=25.0,
    class_="TRANSIENT",
    kind="retry",
    budget_tokens=486.0,
)
WOULD = WouldHave(method=METHOD, request_id="r1", at_ms=1.0, what="expired", explanation="why")
DONE = Done(
    method=METHOD,
    request_id="r1",
    at_ms=100.1,
    code=None,
    message=None,
    stop_reason=None,
    attempts=2,
    duration_ms=100.1,
    retry_delay_ms=25.0,
    budget_tokens=500.0,
)


# One form in every language.
@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            STARTED,
            '{"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":0,"type":"attempt_started",'
            '"attempt":1,"timeoutMs":10000,"idempotencyKey":"k3y","headers":{"date":"today"}}',
        ),
        (
            FAILED,
            '{"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":12.5,"type":"attempt_failed",'
            '"attempt":1,"code":"unavailable","class":"TRANSIENT","origin":"server","sent":"yes",'
            '"message":"try later","httpStatus":503,"durationMs":12.5,"delayMs":25,'
            '"explanation":"it is a transient failure"}',
        ),
        (
            WAITING,
            '{"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":12.5,"type":"waiting",'
            '"delayMs":25,"class":"TRANSIENT","kind":"retry","budgetTokens":486}',
        ),
        (
            WOULD,
            '{"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":1,"type":"would_have",'
            '"what":"expired","explanation":"why"}',
        ),
        (
            DONE,
            '{"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":100.1,"type":"done",'
            '"attempts":2,"durationMs":100.1,"retryDelayMs":25,"budgetTokens":500}',
        ),
    ],
)
def test_json_of_events(event: CallEvent, text: str) -> None:
    assert json.dumps(event.to_json(), separators=(",", ":")) == text


def test_lines_have_their_fields_in_text_and_apart(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sink = create_log_sink(logging.getLogger("acme"), "debug")
    assert sink is not None
    for event in (STARTED, FAILED, DONE):
        sink.event(event)
    started, failed, done = caplog.records
    assert started.getMessage() == (
        'ameide attempt started {"method":"acme.v1.Billing/Charge","requestId":"r1","atMs":0,'
        '"attempt":1,"timeoutMs":10000,"headers":{"date":"today"}}'
    )
    assert [failed.levelno, done.levelno] == [logging.WARNING, logging.INFO]
    assert failed.__dict__["ameide"]["message"] == "try later"
    # The template groups lines of one kind.
    assert failed.msg == "ameide attempt failed %s"


def test_a_level_leaves_out_what_is_above_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("acme")
    sink = create_log_sink(logger, "warn")
    assert sink is not None
    for event in (STARTED, FAILED, WAITING, DONE):
        sink.event(event)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert create_log_sink(logger, "off") is None


def test_headers_are_redacted_joined_and_bounded() -> None:
    headers = Headers([("Date", "a"), ("X-Secret", "s3cr3t"), ("date", "b")])
    assert redact_headers(headers, BEHAVIOR_1) == {"date": "a, b", "x-secret": "REDACTED"}
    many = {f"x-{i:03}": "v" for i in range(103)}
    redacted = redact_headers(many, BEHAVIOR_1)
    assert len(redacted) == 101
    assert redacted["…"] == "3 more"
    long = redact_headers({"date": "d" * 300}, BEHAVIOR_1)
    assert long == {"date": "d" * 256 + "…"}


class Recorded:
    """Providers that keep spans and metrics in memory."""

    def __init__(self, *processors: SpanProcessor) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider()
        for processor in (*processors, SimpleSpanProcessor(self.exporter)):
            self.tracer_provider.add_span_processor(processor)
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader])

    def begin(self, options: TelemetryOptions = OPTIONS, **more: Any) -> CallSink:
        telemetry = open_telemetry(
            tracer_provider=self.tracer_provider, meter_provider=self.meter_provider, **more
        )
        sink = telemetry.begin(CALL, options)
        assert sink is not None
        return sink

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def metrics(self) -> dict[str, Any]:
        data = self.reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: metric.data.data_points[0]
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def test_times_are_exact_nanoseconds_of_the_calls_clock() -> None:
    recorded = Recorded()
    sink = recorded.begin(TelemetryOptions((), attempt_spans=True))
    sink.inject(lambda _name, _value: None, 0)
    for event in (STARTED, FAILED, WAITING, DONE):
        sink.event(event)
    spans = recorded.spans()
    call, attempt = spans[METHOD], spans[f"{METHOD} attempt"]
    assert call.start_time is not None
    assert call.end_time == call.start_time + 100_100_000
    assert attempt.start_time == call.start_time
    assert attempt.end_time == call.start_time + 12_500_000
    assert [event.timestamp for event in call.events] == [call.start_time + 12_500_000]
    assert attempt.parent is not None
    assert call.context is not None
    assert attempt.parent.span_id == call.context.span_id


def test_metrics_have_the_numbers_of_the_span_and_no_tenant() -> None:
    recorded = Recorded()
    sink = recorded.begin(tenant_attribute=True)
    for event in (STARTED, FAILED, WAITING, DONE):
        sink.event(event)
    points = recorded.metrics()
    assert points["rpc.client.call.duration"].sum == 0.1001
    assert points["ameide.client.attempt.duration"].sum == 0.0125
    assert points["ameide.client.call.retries"].sum == 1
    assert points["ameide.client.call.retry_delay"].sum == 0.025
    assert points["ameide.client.retry_budget.tokens"].value == 500
    assert all("acme" not in point.attributes.values() for point in points.values())
    attributes = recorded.spans()[METHOD].attributes
    assert attributes is not None
    assert attributes["ameide.tenant"] == "acme"


class Broken(SpanProcessor):
    """Raises whenever it hears of a span."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        raise RuntimeError(str((span, parent_context)))


def test_a_processor_that_raises_costs_its_span_alone() -> None:
    recorded = Recorded(Broken())
    sink = recorded.begin(TelemetryOptions(("color",), attempt_spans=True))
    sent: dict[str, str] = {}
    sink.inject(sent.__setitem__, 0)
    sink.peer("127.0.0.1", 80)
    for event in (STARTED, WOULD, FAILED, WAITING, DONE):
        sink.event(event)
    assert sent == {}
    assert recorded.spans() == {}
    assert recorded.metrics()["rpc.client.call.duration"].count == 1


def test_a_call_that_ends_as_its_attempt_span_starts_sends_no_trace() -> None:
    class Ending(SpanProcessor):
        sink: CallSink | None = None

        def on_start(
            self,
            span: Span,
            parent_context: Context | None = None,  # noqa: ARG002
        ) -> None:
            if span.name.endswith("attempt") and self.sink is not None:
                self.sink.event(DONE)

    ending = Ending()
    recorded = Recorded(ending)
    ending.sink = sink = recorded.begin(TelemetryOptions((), attempt_spans=True))
    sent: dict[str, str] = {}
    sink.inject(sent.__setitem__, 0)
    assert sent == {}
    assert set(recorded.spans()) == {METHOD, f"{METHOD} attempt"}


def test_nobody_hears_where_nothing_is_registered() -> None:
    telemetry = global_telemetry()
    assert telemetry is not None
    assert telemetry.begin(CALL, OPTIONS) is None
    silent = open_telemetry(
        tracer_provider=NoOpTracerProvider(), meter_provider=NoOpMeterProvider()
    )
    assert silent.begin(CALL, OPTIONS) is None


def test_a_trace_of_the_caller_is_passed_on_without_a_provider() -> None:
    telemetry = global_telemetry()
    assert telemetry is not None
    parent = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    token = context.attach(
        set_baggage("color", "dark blue", trace.set_span_in_context(NonRecordingSpan(parent)))
    )
    try:
        sink = telemetry.begin(CALL, TelemetryOptions(("color",), attempt_spans=True))
    finally:
        context.detach(token)
    assert sink is not None
    sent: dict[str, str] = {}
    sink.inject(sent.__setitem__, 0)
    assert sent == {
        "traceparent": f"00-{0xABC:032x}-{0xDEF:016x}-01",
        "baggage": "color=dark%20blue",
    }
    sink.event(DONE)
