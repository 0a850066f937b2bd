package main

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// telemetry has the spans and metrics of a case, kept in memory.
type telemetry struct {
	spans  *spansInOrder
	reader *metric.ManualReader
	tracer *trace.TracerProvider
	meter  *metric.MeterProvider
}

// recordTelemetry keeps spans and metrics; told is called for each span that starts or ends.
func recordTelemetry(told func()) *telemetry {
	spans := &spansInOrder{told: told}
	reader := metric.NewManualReader()
	return &telemetry{
		spans:  spans,
		reader: reader,
		tracer: trace.NewTracerProvider(trace.WithSpanProcessor(spans)),
		meter:  metric.NewMeterProvider(metric.WithReader(reader)),
	}
}

// option makes a client tell its spans and metrics here; nowhere where nothing is kept.
func (t *telemetry) option() ameide.Option {
	if t == nil {
		return ameide.WithoutTelemetry()
	}
	return ameide.WithTelemetry(t.tracer, t.meter)
}

// inSpan runs a function in a span named ambient.
func (t *telemetry) inSpan(ctx context.Context, run func(context.Context)) {
	ctx, span := t.tracer.Tracer("conformance").Start(ctx, "ambient")
	defer span.End()
	run(ctx)
}

// withBaggage makes this baggage active.
func withBaggage(ctx context.Context, entries map[string]string) (context.Context, error) {
	bag := baggage.Baggage{}
	for key, value := range entries {
		member, err := baggage.NewMemberRaw(key, value)
		if err != nil {
			return nil, err
		}
		if bag, err = bag.SetMember(member); err != nil {
			return nil, err
		}
	}
	return baggage.ContextWithBaggage(ctx, bag), nil
}

// spansInOrder keeps spans as they start: an exporter gets them as they end.
type spansInOrder struct {
	told func()

	mu      sync.Mutex
	started []trace.ReadOnlySpan
}

// OnStart keeps a span.
func (s *spansInOrder) OnStart(_ context.Context, span trace.ReadWriteSpan) {
	s.mu.Lock()
	s.started = append(s.started, span)
	s.mu.Unlock()
	s.told()
}

// OnEnd tells that a span has ended.
func (s *spansInOrder) OnEnd(trace.ReadOnlySpan) { s.told() }

// Shutdown has nothing to end.
func (s *spansInOrder) Shutdown(context.Context) error { return nil }

// ForceFlush has nothing to flush.
func (s *spansInOrder) ForceFlush(context.Context) error { return nil }

// ended has the spans that have ended, in the order of their start.
func (s *spansInOrder) ended() []*pb.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	started := slices.DeleteFunc(slices.Clone(s.started), func(span trace.ReadOnlySpan) bool {
		return span.EndTime().IsZero()
	})
	spans := make([]*pb.Span, len(started))
	for i, span := range started {
		spans[i] = seenSpan(span)
		spans[i].Parent = int32(1 + slices.IndexFunc(started, func(other trace.ReadOnlySpan) bool {
			return other.SpanContext().SpanID() == span.Parent().SpanID()
		}))
	}
	return spans
}

func seenSpan(span trace.ReadOnlySpan) *pb.Span {
	duration := inMilliseconds(span.EndTime().Sub(span.StartTime()))
	seen := &pb.Span{
		Name:       span.Name(),
		Attributes: attributeTexts(span.Attributes()),
		Error:      span.Status().Code == codes.Error,
		DurationMs: &duration,
		TraceId:    span.SpanContext().TraceID().String(),
		SpanId:     span.SpanContext().SpanID().String(),
	}
	for _, event := range span.Events() {
		seen.Events = append(seen.Events, &pb.SpanEvent{
			Name:       event.Name,
			Attributes: attributeTexts(event.Attributes),
		})
	}
	return seen
}

func attributeTexts(attributes []attribute.KeyValue) map[string]string {
	texts := map[string]string{}
	for _, each := range attributes {
		if each.Value.Type() == attribute.STRING {
			texts[string(each.Key)] = each.Value.AsString()
		} else {
			texts[string(each.Key)] = jsonOf(each.Value.AsInterface())
		}
	}
	return texts
}

// metrics has what was recorded.
func (t *telemetry) metrics() (map[string]*pb.Metric, error) {
	if t == nil {
		return nil, nil
	}
	var collected metricdata.ResourceMetrics
	if err := t.reader.Collect(context.Background(), &collected); err != nil {
		return nil, err
	}
	metrics := map[string]*pb.Metric{}
	for _, scope := range collected.ScopeMetrics {
		for _, each := range scope.Metrics {
			metrics[each.Name] = seenMetric(each)
		}
	}
	return metrics, nil
}

func seenMetric(from metricdata.Metrics) *pb.Metric {
	seen := &pb.Metric{Unit: from.Unit, Description: from.Description, Sum: new(float64)}
	switch data := from.Data.(type) {
	case metricdata.Histogram[float64]:
		addHistogram(seen, data.DataPoints)
	case metricdata.Histogram[int64]:
		addHistogram(seen, data.DataPoints)
	case metricdata.Sum[float64]:
		addPoints(seen, data.DataPoints)
	case metricdata.Sum[int64]:
		addPoints(seen, data.DataPoints)
	case metricdata.Gauge[float64]:
		addPoints(seen, data.DataPoints)
	case metricdata.Gauge[int64]:
		addPoints(seen, data.DataPoints)
	}
	slices.Sort(seen.Attributes)
	seen.Attributes = slices.Compact(seen.Attributes)
	return seen
}

func addHistogram[N int64 | float64](to *pb.Metric, points []metricdata.HistogramDataPoint[N]) {
	for _, point := range points {
		to.Count += int32(point.Count)
		*to.Sum += float64(point.Sum)
		to.Bounds = point.Bounds
		to.Attributes = append(to.Attributes, keysOf(point.Attributes)...)
	}
}

func addPoints[N int64 | float64](to *pb.Metric, points []metricdata.DataPoint[N]) {
	for _, point := range points {
		to.Count++
		*to.Sum += float64(point.Value)
		to.Attributes = append(to.Attributes, keysOf(point.Attributes)...)
	}
}

func keysOf(set attribute.Set) (keys []string) {
	for _, each := range set.ToSlice() {
		keys = append(keys, string(each.Key))
	}
	return keys
}

func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
