package ameide

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// LogLevel is how much to log.
type LogLevel string

// The levels of the log, from silence to chatter.
const (
	LogOff LogLevel = "off"
	// LogError: the calls that failed.
	LogError LogLevel = "error"
	// LogWarn: failed attempts and waits, too.
	LogWarn LogLevel = "warn"
	// LogInfo: all calls.
	LogInfo LogLevel = "info"
	// LogDebug: every attempt.
	LogDebug LogLevel = "debug"
)

var logLevels = []LogLevel{LogOff, LogError, LogWarn, LogInfo, LogDebug}

// newLogSink logs the events of calls, as far as the level goes; nil where it logs nothing.
func newLogSink(logger *slog.Logger, level LogLevel) callSink {
	most := slices.Index(logLevels, level)
	if logger == nil || most <= 0 {
		return nil
	}
	return onlyEvents(func(event Event) {
		at := levelOf(event)
		if slices.Index(logLevels, at) > most {
			return
		}
		text := "ameide " + strings.Replace(event.eventType(), "_", " ", 1)
		logger.LogAttrs(context.Background(), slogLevels[at], text, attrsOf(event)...)
	})
}

var slogLevels = map[LogLevel]slog.Level{
	LogError: slog.LevelError, LogWarn: slog.LevelWarn, LogInfo: slog.LevelInfo, LogDebug: slog.LevelDebug,
}

func levelOf(event Event) LogLevel {
	switch event := event.(type) {
	case AttemptStarted:
		return LogDebug
	case Done:
		if event.Code == 0 {
			return LogInfo
		}
		return LogError
	default:
		return LogWarn
	}
}

// The members of an event, but for the idempotency key: a key is a header outside the allow-list.
func attrsOf(event Event) []slog.Attr {
	base := event.Base()
	attrs := attrList{slog.String("method", base.Method), slog.String("requestId", base.RequestID), msAttr("atMs", base.At)}
	switch event := event.(type) {
	case AttemptStarted:
		attrs.add(slog.Int("attempt", event.Attempt))
		if event.Timeout > 0 {
			attrs.add(msAttr("timeoutMs", event.Timeout))
		}
		attrs.add(slog.Any("headers", event.Headers))
	case AttemptFailed:
		attrs.add(slog.Int("attempt", event.Attempt), slog.String("code", event.Code.String()),
			slog.String("class", string(event.Class)), slog.String("origin", string(event.Origin)),
			slog.String("sent", string(event.Sent)), slog.String("message", event.Message))
		if event.HTTPStatus != 0 {
			attrs.add(slog.Int("httpStatus", event.HTTPStatus))
		}
		if event.RetryAfter != nil {
			attrs.add(msAttr("retryAfterMs", *event.RetryAfter))
		}
		attrs.add(msAttr("durationMs", event.Duration))
		if event.StopReason == "" {
			attrs.add(msAttr("delayMs", event.Delay))
		}
		attrs.text("stopReason", string(event.StopReason))
		attrs.text("explanation", event.Explanation)
	case Waiting:
		attrs.add(msAttr("delayMs", event.Delay), slog.String("class", string(event.Class)),
			slog.String("kind", string(event.Kind)), slog.Int64("budgetTokens", event.BudgetTokens))
	case Done:
		attrs.text("code", codeName(event.Code))
		attrs.text("message", event.Message)
		attrs.text("stopReason", string(event.StopReason))
		attrs.add(slog.Int("attempts", event.Attempts), msAttr("durationMs", event.Duration),
			msAttr("retryDelayMs", event.RetryDelay), slog.Int64("budgetTokens", event.BudgetTokens))
	case WouldHave:
		attrs.add(slog.String("what", event.What), slog.String("explanation", event.Explanation))
	}
	return attrs
}

type attrList []slog.Attr

func (l *attrList) add(attrs ...slog.Attr) { *l = append(*l, attrs...) }

func (l *attrList) text(name, text string) {
	if text != "" {
		l.add(slog.String(name, text))
	}
}

func msAttr(name string, d time.Duration) slog.Attr { return slog.Float64(name, ms(d)) }

var loggedHeaders = []string{
	"connect-protocol-version", "connect-timeout-ms", "content-encoding", "content-length", "content-type", "date",
	"grpc-status", "grpc-timeout", "retry-after", "traceparent", "user-agent", "x-request-id",
}

// isLoggedHeader says whether the value of a header, its name in lower case, is logged as it is.
func isLoggedHeader(lower string) bool { return slices.Contains(loggedHeaders, lower) }

// redactHeaders is headers as they may be logged: all but a few values are replaced by REDACTED, and of too many only the
// number is told.
func redactHeaders(headers http.Header, bounds *policy.Constants) map[string]string {
	redacted := make(map[string]string, len(headers))
	names := slices.Sorted(maps.Keys(headers))
	for _, name := range names[:min(len(names), int(bounds.MaxEntries))] {
		lower, value := strings.ToLower(name), "REDACTED"
		if isLoggedHeader(lower) {
			value = summary(strings.Join(headers[name], ", "), bounds.MaxPrintedTextBytes)
		}
		redacted[summary(lower, bounds.MaxPrintedTextBytes)] = value
	}
	if more := len(names) - int(bounds.MaxEntries); more > 0 {
		redacted["…"] = fmt.Sprintf("%d more", more)
	}
	return redacted
}
