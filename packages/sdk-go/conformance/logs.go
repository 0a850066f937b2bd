package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// logRecorder is a slog.Handler that keeps the lines of a case, and tells of them.
type logRecorder struct {
	kept   *keptLogs
	prefix string
	attrs  []slog.Attr
}

type keptLogs struct {
	told func(event string)

	mu    sync.Mutex
	lines []*pb.SeenLog
}

func newLogRecorder(told func(event string)) *logRecorder {
	return &logRecorder{kept: &keptLogs{told: told}}
}

// lines has the lines so far.
func (r *logRecorder) lines() []*pb.SeenLog {
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	return r.kept.lines
}

// Enabled says that every level is kept.
func (r *logRecorder) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps a line.
func (r *logRecorder) Handle(_ context.Context, record slog.Record) error {
	fields := slices.Clone(r.attrs)
	record.Attrs(func(attr slog.Attr) bool {
		fields = append(fields, r.named(attr))
		return true
	})
	line := &pb.SeenLog{
		Level: strings.ToLower(record.Level.String()),
		Text:  record.Message + " " + fieldsJSON(fields),
	}
	r.kept.mu.Lock()
	r.kept.lines = append(r.kept.lines, line)
	r.kept.mu.Unlock()
	event := strings.ReplaceAll(strings.TrimPrefix(record.Message, "ameide "), " ", "_")
	r.kept.told(event)
	return nil
}

// WithAttrs has these attributes on every line.
func (r *logRecorder) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *r
	with.attrs = slices.Clone(r.attrs)
	for _, attr := range attrs {
		with.attrs = append(with.attrs, r.named(attr))
	}
	return &with
}

// WithGroup puts a name before those of later attributes.
func (r *logRecorder) WithGroup(name string) slog.Handler {
	with := *r
	with.prefix += name + "."
	return &with
}

func (r *logRecorder) named(attr slog.Attr) slog.Attr {
	attr.Key = r.prefix + attr.Key
	return attr
}

// fieldsJSON is an object with these fields, in their order.
func fieldsJSON(fields []slog.Attr) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	for i, field := range fields {
		text.WriteString([]string{"{", ","}[min(i, 1)])
		writeJSON(encoder, field.Key)
		text.WriteByte(':')
		value := field.Value.Resolve()
		if value.Kind() == slog.KindGroup {
			text.WriteString(fieldsJSON(value.Group()))
		} else if err, is := value.Any().(error); is {
			writeJSON(encoder, err.Error())
		} else {
			writeJSON(encoder, value.Any())
		}
	}
	if len(fields) == 0 {
		return "{}"
	}
	return strings.ReplaceAll(text.String(), "\n", "") + "}"
}

func writeJSON(encoder *json.Encoder, value any) {
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
}
