package policy

import (
	"strconv"
	"strings"
	"time"
)

// HintKind is what kind of thing a server said about when to try again.
type HintKind string

// The kinds of hints.
const (
	// HintPushback is grpc-retry-pushback-ms (gRPC retry design, A6): wait exactly this long.
	HintPushback HintKind = "pushback"
	// HintStop is a negative or unparsable pushback: do not try again.
	HintStop HintKind = "stop"
	// HintDelay: wait at least this long.
	HintDelay HintKind = "delay"
)

// HintFrom is where a hint of kind delay stood.
type HintFrom string

// The places of hints.
const (
	FromRetryInfo    HintFrom = "retry_info"
	FromRetryAfterMs HintFrom = "retry-after-ms"
	FromRetryAfter   HintFrom = "retry-after"
)

// Hint is what a server said about when to try again.
type Hint struct {
	Kind    HintKind
	DelayMs int64
	// From is empty but for a delay.
	From HintFrom
}

// HintSource is where a hint may stand in a failed response.
type HintSource struct {
	// Get is a header, or a trailer where there is no such header. Values that stand apart are joined
	// by a comma and a space (RFC 9110, section 5.3).
	Get func(name string) (value string, found bool)
	// RetryInfoMs is google.rpc.RetryInfo.retry_delay, if there is one, as RetryInfoMs gives it.
	RetryInfoMs *int64
	// WallNowMs is the wall clock in epoch milliseconds, for dates of Retry-After.
	WallNowMs int64
}

// ReadHint reads the first valid hint of a failed response; nil for none.
func ReadHint(source HintSource) *Hint {
	if pushback, found := source.Get("grpc-retry-pushback-ms"); found {
		ms, ok := parseDigits(trimSpace(pushback))
		if !ok {
			return &Hint{Kind: HintStop}
		}
		return &Hint{Kind: HintPushback, DelayMs: ms}
	}
	if source.RetryInfoMs != nil && *source.RetryInfoMs >= 0 {
		return &Hint{Kind: HintDelay, DelayMs: min(*source.RetryInfoMs, MaxSafe), From: FromRetryInfo}
	}
	if value, found := source.Get("retry-after-ms"); found {
		if ms, ok := parseDigits(value); ok {
			return &Hint{Kind: HintDelay, DelayMs: ms, From: FromRetryAfterMs}
		}
	}
	if value, found := source.Get("retry-after"); found {
		if ms, ok := parseRetryAfter(value, source.WallNowMs); ok {
			return &Hint{Kind: HintDelay, DelayMs: ms, From: FromRetryAfter}
		}
	}
	return nil
}

// Delay is the wait a hint asks for in milliseconds; there is none of no hint and of a stop.
func (h *Hint) Delay() (ms int64, asked bool) {
	if h == nil || h.Kind == HintStop {
		return 0, false
	}
	return h.DelayMs, true
}

// RetryInfoMs is a google.protobuf.Duration in milliseconds, rounded up; negative for a negative one.
func RetryInfoMs(seconds int64, nanos int32) int64 {
	const nanosOfMs = 1_000_000
	if seconds < 0 || nanos < 0 {
		return -1
	}
	ms := (int64(nanos) + nanosOfMs - 1) / nanosOfMs
	if seconds > (MaxSafe-ms)/1_000 {
		return MaxSafe
	}
	return seconds*1_000 + ms
}

// RFC 9110, section 10.2.3: delay-seconds, or a date.
func parseRetryAfter(value string, wallNowMs int64) (int64, bool) {
	if seconds, ok := parseDigits(value); ok {
		if seconds > MaxSafe/1_000 {
			return MaxSafe, true
		}
		return seconds * 1_000, true
	}
	date, ok := parseIMFFixdate(value)
	// One that has passed may be of a clock that is behind.
	if !ok || date <= wallNowMs {
		return 0, false
	}
	return date - wallNowMs, true
}

// What is too much is MaxSafe.
func parseDigits(value string) (int64, bool) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0, false
	}
	ms, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return MaxSafe, true
	}
	return min(ms, MaxSafe), true
}

// Optional whitespace of a field value (RFC 9110, section 5.6.3).
func trimSpace(value string) string { return strings.Trim(value, " \t") }

const imfFixdate = "Mon, 02 Jan 2006 15:04:05 GMT"

// RFC 9110, section 5.6.7. Parse takes names in any case, and a day of the week that is not that of the
// date; what Format gives is the date as it is to be written.
func parseIMFFixdate(value string) (int64, bool) {
	date, err := time.Parse(imfFixdate, value)
	if err != nil || date.Format(imfFixdate) != value {
		return 0, false
	}
	return date.UnixMilli(), true
}
