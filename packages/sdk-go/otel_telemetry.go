package ameide

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// otelTelemetry makes spans and metrics of calls. Names, units and buckets are those of the OpenTelemetry semantic
// conventions for RPC, and ours beside them.
type otelTelemetry struct {
	providers telemetryOptions
	choices   telemetryChoices

	mu      sync.Mutex
	tracers trace.TracerProvider
	tracer  trace.Tracer
	meters  *meters
}

// newOtelTelemetry makes spans and metrics with those providers. What is not given is what is registered globally.
func newOtelTelemetry(providers *telemetryOptions, choices telemetryChoices) telemetry {
	t := &otelTelemetry{choices: choices}
	if providers != nil {
		t.providers = *providers
	}
	return t
}

func (t *otelTelemetry) begin(ctx context.Context, call *callInfo) callSink {
	tracer, meters := t.instruments()
	start := time.Now()
	system := systemOthers
	if call.protocol == policy.Connect {
		system = systemConnect
	}
	begun := new(spanStart)
	attributes := append(begun.attributes[:0], system, attribute.String("rpc.method", call.method),
		attribute.String("server.address", call.serverAddress), attribute.Int("server.port", call.serverPort),
		attribute.String("ameide.request_id", call.requestID))
	if t.choices.tenantAttribute && call.tenant != "" {
		attributes = append(attributes, attribute.String("ameide.tenant", call.tenant))
	}
	begun.options = [3]trace.SpanStartOption{ofClient, trace.WithTimestamp(start), trace.WithAttributes(attributes...)}
	ctx, span := tracer.Start(ctx, call.method, begun.options[:]...)
	if !t.isHeard(ctx, span, meters) {
		return nil
	}
	return &tracedCall{
		ctx: ctx, span: span, tracer: tracer, meters: meters, call: call, choices: t.choices, start: start,
		system: system, server: attributes[2:4:4],
	}
}

// isHeard says whether anybody hears of a call. Where nobody is registered the trace of a caller is passed on, and
// baggage.
func (t *otelTelemetry) isHeard(ctx context.Context, span trace.Span, meters *meters) bool {
	return span.IsRecording() || span.SpanContext().IsValid() || len(t.choices.baggage) > 0 || meters.areHeard(ctx)
}

// A spanStart is what a span begins with, in one piece: each call has one, whoever hears of it.
type spanStart struct {
	attributes [6]attribute.KeyValue
	options    [3]trace.SpanStartOption
}

var (
	ofClient      = trace.WithSpanKind(trace.SpanKindClient)
	systemConnect = attribute.String("rpc.system.name", "connectrpc")
	systemOthers  = attribute.String("rpc.system.name", "grpc")
)

// Providers are often registered after clients are made, so ask late.
func (t *otelTelemetry) instruments() (trace.Tracer, *meters) {
	tracers, meterProvider := t.providers.tracers, t.providers.meters
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meterProvider == nil {
		meterProvider = otel.GetMeterProvider()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tracer == nil || t.tracers != tracers {
		t.tracers, t.tracer = tracers, tracers.Tracer(scopeName, trace.WithInstrumentationVersion(Version))
	}
	if t.meters == nil || t.meters.provider != meterProvider {
		t.meters = newMeters(meterProvider)
	}
	return t.tracer, t.meters
}

type tracedCall struct {
	// ctx has the span of the call.
	ctx     context.Context
	span    trace.Span
	tracer  trace.Tracer
	meters  *meters
	call    *callInfo
	choices telemetryChoices
	start   time.Time
	system  attribute.KeyValue
	// server is where the call goes: on everything that is told of it.
	server []attribute.KeyValue

	// No lock is held where OpenTelemetry is told something: a processor of spans may end the call.
	mu             sync.Mutex
	attemptSpan    trace.Span
	attempts       int
	attemptsFailed int
	attemptStarted time.Duration
	transparent    int
	ended          bool
}

func (t *tracedCall) inject(set func(name, value string), at time.Duration) {
	ctx := t.ctx
	if t.choices.attemptSpans {
		begin := t.start.Add(at)
		var attempt trace.Span
		ctx, attempt = t.tracer.Start(ctx, t.call.method+" attempt", ofClient, trace.WithTimestamp(begin))
		t.mu.Lock()
		ended := t.ended
		if !ended {
			t.attemptSpan = attempt
		}
		t.mu.Unlock()
		if ended {
			// Its start was heard of by someone who ended the call.
			attempt.End(trace.WithTimestamp(begin))
			return
		}
	}
	propagation.TraceContext{}.Inject(ctx, carrier(set))
	t.injectBaggage(set)
}

func (t *tracedCall) peer(address string, port int) {
	t.span.SetAttributes(attribute.String("network.peer.address", address), attribute.Int("network.peer.port", port))
}

func (t *tracedCall) event(event Event) {
	switch event := event.(type) {
	case AttemptStarted:
		t.mu.Lock()
		t.attempts, t.attemptStarted = event.Attempt, event.At
		t.mu.Unlock()
	case AttemptFailed:
		t.attemptFailed(event)
	case Waiting:
		if event.Kind == WaitTransparent {
			t.mu.Lock()
			t.transparent++
			t.mu.Unlock()
		}
	case Done:
		t.done(event)
	case WouldHave:
		t.span.AddEvent("ameide.would_have." + event.What)
	}
}

func (t *tracedCall) attemptFailed(event AttemptFailed) {
	t.mu.Lock()
	t.attemptsFailed++
	t.mu.Unlock()
	attributes := []attribute.KeyValue{
		attribute.Int("ameide.attempt", event.Attempt),
		attribute.String("ameide.code", event.Code.String()),
		attribute.String("ameide.class", string(event.Class)),
	}
	if event.StopReason == "" {
		attributes = append(attributes, attribute.Int64("ameide.delay_ms", event.Delay.Milliseconds()))
	} else {
		attributes = append(attributes, attribute.String("ameide.stop_reason", string(event.StopReason)))
	}
	t.span.AddEvent("ameide.attempt.failed", trace.WithAttributes(attributes...))
	t.endAttempt(event.At, event.Code, event.Duration)
}

func (t *tracedCall) done(event Done) {
	t.mu.Lock()
	underWay, started, transparent := t.attempts > t.attemptsFailed, t.attemptStarted, t.transparent
	t.mu.Unlock()
	if underWay {
		t.endAttempt(event.At, event.Code, event.At-started)
	}
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	t.conclude(t.span, event.Code)
	attributes := t.attributes(event.Code)
	t.meters.callDuration.record(t.ctx, event.Duration.Seconds(), attributes)
	if retries := event.Attempts - 1 - transparent; retries > 0 {
		t.meters.retries.record(t.ctx, float64(retries), attributes)
		t.meters.retryDelay.record(t.ctx, event.RetryDelay.Seconds(), attributes)
	}
	t.meters.recordBudget(t.ctx, event.BudgetTokens, t.server)
	// Equal to the metric: the end is the start plus the duration.
	t.span.End(trace.WithTimestamp(t.start.Add(event.Duration)))
}

func (t *tracedCall) endAttempt(at time.Duration, code connect.Code, duration time.Duration) {
	t.meters.attemptDuration.record(t.ctx, duration.Seconds(), t.attributes(code))
	t.mu.Lock()
	attempt := t.attemptSpan
	t.attemptSpan = nil
	t.mu.Unlock()
	if attempt != nil {
		t.conclude(attempt, code)
		attempt.End(trace.WithTimestamp(t.start.Add(at)))
	}
}

func (t *tracedCall) attributes(code connect.Code) []attribute.KeyValue {
	all := append([]attribute.KeyValue{t.system, attribute.String("rpc.method", t.call.method)}, t.server...)
	if status := t.status(code); status != "" {
		all = append(all, attribute.String("rpc.response.status_code", status))
	}
	return all
}

// Semantic conventions for RPC: Connect says nothing of success, gRPC says OK. gRPC spells its codes in upper case, and
// one of them with a second L.
func (t *tracedCall) status(code connect.Code) string {
	switch {
	case t.call.protocol == policy.Connect:
		return codeName(code)
	case code == 0:
		return "OK"
	case code == connect.CodeCanceled:
		return "CANCELLED"
	default:
		return strings.ToUpper(code.String())
	}
}

func (t *tracedCall) conclude(span trace.Span, code connect.Code) {
	status := t.status(code)
	if status != "" {
		span.SetAttributes(attribute.String("rpc.response.status_code", status))
	}
	if code != 0 {
		span.SetAttributes(attribute.String("error.type", status))
		span.SetStatus(codes.Error, "")
	}
}

// W3C Baggage, section 3.1.
func (t *tracedCall) injectBaggage(set func(name, value string)) {
	if len(t.choices.baggage) == 0 {
		return
	}
	bag := baggage.FromContext(t.ctx)
	var members []string
	for _, key := range t.choices.baggage {
		if member := bag.Member(key); member.Key() != "" {
			members = append(members, percentEncoded(key)+"="+percentEncoded(member.Value()))
		}
	}
	if len(members) > 0 {
		set("baggage", strings.Join(members, ","))
	}
}

func percentEncoded(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// carrier sets headers.
type carrier func(name, value string)

func (carrier) Get(string) string        { return "" }
func (c carrier) Set(name, value string) { c(name, value) }
func (carrier) Keys() []string           { return nil }
