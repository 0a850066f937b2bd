"""Spans and metrics of calls through OpenTelemetry.

Names, units and buckets are those of the OpenTelemetry semantic conventions for RPC, and the SDK's
own.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from opentelemetry import baggage, context, metrics, trace
from opentelemetry.propagators.textmap import Setter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ameide_sdk._internal.runtime.callbacks import tell
from ameide_sdk._internal.runtime.version import VERSION
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
from ameide_sdk._internal.telemetry.otel_metrics import SCOPE, Attributes, Meters
from ameide_sdk._internal.telemetry.telemetry import Telemetry, TelemetryOptions

_PROPAGATOR = TraceContextTextMapPropagator()


class OtelTelemetry(Telemetry):
    """Creates spans and metrics of calls.

    Providers that are not given are the globally registered ones.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None,
        meter_provider: metrics.MeterProvider | None,
        *,
        tenant_attribute: bool,
    ) -> None:
        """Takes the providers."""
        self._tracer_provider = tracer_provider
        self._meter_provider = meter_provider
        self._tenant_attribute = tenant_attribute
        # Created once for each provider.
        self._tracer: tuple[trace.TracerProvider, Tracer] | None = None
        self._meters: tuple[metrics.MeterProvider, Meters] | None = None

    def begin(self, call: CallInfo, options: TelemetryOptions) -> CallSink | None:
        """Begins the span of a call."""
        # Providers are often registered after clients are made, so ask late.
        tracer = self._tracer_of(self._tracer_provider or trace.get_tracer_provider())
        meters = self._meters_of(self._meter_provider or metrics.get_meter_provider())
        if tracer is None and meters is None and not options.baggage:
            parent = trace.get_current_span().get_span_context()
            if not parent.is_valid:
                return None
        return _TracedCall(tracer, meters, call, options, with_tenant=self._tenant_attribute)

    def _tracer_of(self, provider: trace.TracerProvider) -> Tracer | None:
        if not _hears(provider):
            return None
        known = self._tracer
        if known is None or known[0] is not provider:
            known = self._tracer = (provider, provider.get_tracer(SCOPE, VERSION))
        return known[1]

    def _meters_of(self, provider: metrics.MeterProvider) -> Meters | None:
        if not _hears(provider):
            return None
        known = self._meters
        if known is None or known[0] is not provider:
            known = self._meters = (provider, Meters(provider.get_meter(SCOPE, VERSION)))
        return known[1]


# The providers of the API itself record nothing.
def _hears(provider: object) -> bool:
    return not type(provider).__module__.startswith(
        ("opentelemetry.trace", "opentelemetry.metrics")
    )


class _TracedCall(CallSink):
    # A sampler or a span processor that raises costs only its span: each call of OpenTelemetry is
    # guarded separately.

    def __init__(
        self,
        tracer: Tracer | None,
        meters: Meters | None,
        call: CallInfo,
        options: TelemetryOptions,
        *,
        with_tenant: bool,
    ) -> None:
        self._tracer = tracer
        self._meters = meters
        self._call = call
        self._options = options
        self._start_ns = round(call.start_wall_ms * 1e6)
        self._system = "connectrpc" if call.protocol == "connect" else "grpc"
        # Address of the call, recorded on everything about it.
        self._server: Attributes = {
            "server.address": call.server_address,
            "server.port": call.server_port,
        }
        self._attempt_span: Span | None = None
        self._attempts = 0
        self._attempts_failed = 0
        self._attempt_started_ms: float = 0
        self._transparent = 0
        self._ended = False
        attributes: Attributes = {
            "rpc.system.name": self._system,
            "rpc.method": call.method,
            **self._server,
            "ameide.request_id": call.request_id,
        }
        if with_tenant and call.tenant is not None:
            attributes["ameide.tenant"] = call.tenant
        # Has the span of the caller, until the call has its own.
        self._context = context.get_current()
        self._span = self._start_span(call.method, 0, attributes)
        if self._span is not None:
            self._context = trace.set_span_in_context(self._span, self._context)

    def inject(self, set_header: Callable[[str, str], None], at_ms: float) -> None:
        within = self._context
        if self._options.attempt_spans and self._span is not None:
            attempt = self._start_span(f"{self._call.method} attempt", at_ms, {})
            if self._ended:
                # A listener may have ended the call when it heard of the start.
                self._end_span(attempt, at_ms)
                return
            self._attempt_span = attempt
            if attempt is not None and attempt.get_span_context().is_valid:
                within = trace.set_span_in_context(attempt, within)
        _PROPAGATOR.inject(set_header, within, _SETTER)
        self._inject_baggage(set_header)

    def peer(self, address: str, port: int) -> None:
        if self._span is not None:
            self._span.set_attributes({
                "network.peer.address": address,
                "network.peer.port": port,
            })  # fmt: skip

    def event(self, event: CallEvent) -> None:
        match event:
            case AttemptStarted():
                self._attempts = event.attempt
                self._attempt_started_ms = event.at_ms
            case AttemptFailed():
                self._attempt_failed(event)
            case Waiting():
                self._transparent += event.kind == "transparent"
            case Done():
                self._done(event)
            case WouldHave():
                self._add_event(f"ameide.would_have.{event.what}", {}, event.at_ms)

    def _attempt_failed(self, event: AttemptFailed) -> None:
        self._attempts_failed += 1
        attributes: Attributes = {
            "ameide.attempt": event.attempt,
            "ameide.code": event.code,
            "ameide.class": event.class_,
        }
        if event.delay_ms is not None:
            attributes["ameide.delay_ms"] = int(event.delay_ms)
        if event.stop_reason is not None:
            attributes["ameide.stop_reason"] = event.stop_reason
        self._add_event("ameide.attempt.failed", attributes, event.at_ms)
        self._end_attempt(event.at_ms, event.code, event.duration_ms)

    def _done(self, event: Done) -> None:
        if self._attempts > self._attempts_failed:
            self._end_attempt(event.at_ms, event.code, event.at_ms - self._attempt_started_ms)
        self._ended = True
        self._conclude(self._span, event.code)
        if (meters := self._meters) is not None:
            attributes, within = self._attributes(event.code), self._context
            meters.call_duration(event.duration_ms / 1e3, attributes, within)
            retries = event.attempts - 1 - self._transparent
            if retries > 0:
                meters.retries(retries, attributes, within)
                meters.retry_delay(event.retry_delay_ms / 1e3, attributes, within)
            meters.budget_tokens(event.budget_tokens, self._server, within)
        # Equal to the metric: the end is the start plus the duration.
        self._end_span(self._span, event.duration_ms)

    def _end_attempt(self, at_ms: float, code: str | None, duration_ms: float) -> None:
        if self._meters is not None:
            attributes = self._attributes(code)
            self._meters.attempt_duration(duration_ms / 1e3, attributes, self._context)
        attempt, self._attempt_span = self._attempt_span, None
        self._conclude(attempt, code)
        self._end_span(attempt, at_ms)

    def _start_span(self, name: str, at_ms: float, attributes: Attributes) -> Span | None:
        tracer = self._tracer
        if tracer is None:
            return None
        return tell(
            lambda: tracer.start_span(
                name,
                self._context,
                SpanKind.CLIENT,
                attributes,
                start_time=self._at(at_ms),
            )
        )

    def _end_span(self, span: Span | None, at_ms: float) -> None:
        if span is not None:
            tell(span.end, self._at(at_ms))

    def _add_event(self, name: str, attributes: Attributes, at_ms: float) -> None:
        if self._span is not None:
            tell(self._span.add_event, name, attributes, self._at(at_ms))

    # OpenTelemetry's times are nanoseconds since the Unix epoch, more than a float is exact to.
    def _at(self, at_ms: float) -> int:
        return self._start_ns + round(at_ms * 1e6)

    def _attributes(self, code: str | None) -> Attributes:
        return {
            "rpc.system.name": self._system,
            "rpc.method": self._call.method,
            **self._server,
            **self._status(code),
        }

    # Semantic conventions for RPC: no status for success in Connect, OK in gRPC.
    def _status(self, code: str | None) -> Attributes:
        name = self._name(code)
        return {} if name is None else {"rpc.response.status_code": name}

    # gRPC spells its codes in upper case, and one of them with a second L.
    def _name(self, code: str | None) -> str | None:
        if self._system != "grpc":
            return code
        if code is None:
            return "OK"
        return "CANCELLED" if code == "canceled" else code.upper()

    def _conclude(self, span: Span | None, code: str | None) -> None:
        if span is None:
            return
        tell(span.set_attributes, self._status(code))
        if code is not None:
            tell(span.set_attribute, "error.type", self._name(code) or code)
            tell(span.set_status, StatusCode.ERROR)

    # W3C Baggage, section 3.1.
    def _inject_baggage(self, set_header: Callable[[str, str], None]) -> None:
        members: list[str] = []
        for key in self._options.baggage:
            value = baggage.get_baggage(key, self._context)
            if value is not None:
                members.append(f"{_percent_encoded(key)}={_percent_encoded(str(value))}")
        if members:
            set_header("baggage", ",".join(members))


def _percent_encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")


class _HeaderSetter(Setter[Callable[[str, str], None]]):
    def set(self, carrier: Callable[[str, str], None], key: str, value: str) -> None:
        carrier(key, value)


_SETTER = _HeaderSetter()
