package ameide

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// scopeName is the name of the instrumentation, and of its metrics' scope.
const scopeName = "github.com/ameideio/ameide-sdk-go"

// The semantic conventions for RPC end at 10 s; a call may take its whole deadline.
var secondBuckets = []float64{
	0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60,
}

// meters are the metrics of calls.
type meters struct {
	provider        metric.MeterProvider
	callDuration    histogram
	attemptDuration histogram
	retries         histogram
	retryDelay      histogram
	budgetTokens    metric.Int64Gauge
}

func newMeters(provider metric.MeterProvider) *meters {
	meter := provider.Meter(scopeName, metric.WithInstrumentationVersion(Version))
	m := &meters{
		provider: provider,
		callDuration: newHistogram(meter, "rpc.client.call.duration", "s", secondBuckets,
			"Duration of calls, waits between attempts included"),
		attemptDuration: newHistogram(meter, "ameide.client.attempt.duration", "s", secondBuckets,
			"Duration of single attempts"),
		retries: newHistogram(meter, "ameide.client.call.retries", "{retry}", []float64{1, 2, 3, 4, 5},
			"Retries of calls that were retried, transparent ones not counted"),
		retryDelay: newHistogram(meter, "ameide.client.call.retry_delay", "s", secondBuckets,
			"Sum of the waits between attempts of calls that were retried"),
	}
	tokens, err := meter.Int64Gauge("ameide.client.retry_budget.tokens", metric.WithUnit("{token}"),
		metric.WithDescription("Tokens left in the retry budget"))
	if err != nil {
		tokens = noop.Int64Gauge{}
	}
	m.budgetTokens = tokens
	return m
}

// areHeard says whether anybody hears of any of them.
func (m *meters) areHeard(ctx context.Context) bool {
	return m.callDuration.instrument.Enabled(ctx) || m.attemptDuration.instrument.Enabled(ctx) ||
		m.retries.instrument.Enabled(ctx) || m.retryDelay.instrument.Enabled(ctx) || m.budgetTokens.Enabled(ctx)
}

// recordBudget tells how many tokens are left.
func (m *meters) recordBudget(ctx context.Context, tokens int64, attributes []attribute.KeyValue) {
	if m.budgetTokens.Enabled(ctx) {
		m.budgetTokens.Record(ctx, tokens, metric.WithAttributes(attributes...))
	}
}

// A histogram that costs nothing where nobody listens.
type histogram struct{ instrument metric.Float64Histogram }

// A provider that refuses a name of ours costs its metric, and no call.
func newHistogram(meter metric.Meter, name, unit string, buckets []float64, description string) histogram {
	instrument, err := meter.Float64Histogram(name, metric.WithUnit(unit), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(buckets...))
	if err != nil {
		instrument = noop.Float64Histogram{}
	}
	return histogram{instrument}
}

func (h histogram) record(ctx context.Context, value float64, attributes []attribute.KeyValue) {
	if h.instrument.Enabled(ctx) {
		h.instrument.Record(ctx, value, metric.WithAttributes(attributes...))
	}
}
