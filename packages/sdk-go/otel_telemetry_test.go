package ameide

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// What nobody hears of costs nothing, but a caller's trace is passed on, and baggage.
func TestOtelTelemetryHeardByNobody(t *testing.T) {
	nobody := &telemetryOptions{tracers: tracenoop.NewTracerProvider(), meters: noop.NewMeterProvider()}
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	traced := trace.ContextWithRemoteSpanContext(t.Context(), parent)
	for _, each := range []struct {
		name    string
		ctx     context.Context
		choices telemetryChoices
		heard   bool
	}{
		{"nobody", t.Context(), telemetryChoices{}, false},
		{"nobody, with spans of attempts", t.Context(), telemetryChoices{attemptSpans: true}, false},
		{"the trace of a caller", traced, telemetryChoices{}, true},
		{"baggage", t.Context(), telemetryChoices{baggage: []string{"team"}}, true},
	} {
		t.Run(each.name, func(t *testing.T) {
			sink := newOtelTelemetry(nobody, each.choices).begin(each.ctx, &callInfo{method: "acme.v1.Billing/Charge"})
			if heard := sink != nil; heard != each.heard {
				t.Fatalf("heard is %t", heard)
			}
			if each.ctx != traced {
				return
			}
			sent := map[string]string{}
			sink.inject(func(name, value string) { sent[name] = value }, 0)
			if want := "00-01000000000000000000000000000000-0200000000000000-00"; sent["traceparent"] != want {
				t.Errorf("traceparent is %q, want %q", sent["traceparent"], want)
			}
		})
	}
}
