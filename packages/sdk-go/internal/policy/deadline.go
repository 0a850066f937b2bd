package policy

import "strconv"

// OverallTimeout is the overall deadline of a call as a duration from its start, in whole milliseconds: the
// smallest of the policy's timeout, the runtime's own parameter and the ambient deadline less a margin, so
// that the child settles before its parent does. NoLimit stands for what there is not.
func OverallTimeout(constants *Constants, policyMs, runtimeMs, ambientMs int64) int64 {
	return min(policyMs, runtimeMs, minus(ambientMs, constants.AmbientMarginMs))
}

// Left is how much of a duration is left, at least 0; of NoLimit it is NoLimit.
func Left(limitMs, elapsedMs int64) int64 {
	return max(0, minus(limitMs, elapsedMs))
}

// Plus adds durations that are not negative; what is too much is NoLimit.
func Plus(a, b int64) int64 {
	if a > NoLimit-b {
		return NoLimit
	}
	return a + b
}

func minus(limitMs, ms int64) int64 {
	if limitMs == NoLimit {
		return NoLimit
	}
	return limitMs - ms
}

// AbortCause is why we ended an attempt ourselves. Empty: we did not.
type AbortCause string

// The causes. All but the first are limits.
const (
	AbortCanceled            AbortCause = "canceled"
	AbortDeadline            AbortCause = "deadline"
	AbortAttemptTimeout      AbortCause = "attempt_timeout"
	AbortFirstMessageTimeout AbortCause = "first_message_timeout"
	AbortIdleTimeout         AbortCause = "idle_timeout"
)

// AttemptLimit is how long something may take.
type AttemptLimit struct {
	// LimitMs is in milliseconds.
	LimitMs int64
	// Cause is what ends then.
	Cause AbortCause
	// OnWire says that the server is told this limit, rather than what the call has left.
	OnWire bool
}

// LimitOf is the nearer of two limits: what the call has left, and a limit for a part of it, which is
// NoLimit for none and is called cause.
func LimitOf(remainingMs, partMs int64, cause AbortCause) AttemptLimit {
	if partMs < remainingMs {
		return AttemptLimit{partMs, cause, cause == AbortAttemptTimeout}
	}
	return AttemptLimit{remainingMs, AbortDeadline, true}
}

// WireTimeout is what the server is told of the limit of an attempt, or of what the call has left where
// that limit is ours alone: whole milliseconds, of at most 10 digits (Connect protocol,
// Timeout-Milliseconds). NoLimit is nothing. It is expired where too little is left to send anything.
func WireTimeout(constants *Constants, limit AttemptLimit, remainingMs int64) (ms int64, expired bool) {
	limitMs := remainingMs
	if limit.OnWire {
		limitMs = limit.LimitMs
	}
	if limitMs == NoLimit {
		return NoLimit, false
	}
	if limitMs < constants.MinWireTimeoutMs {
		return 0, true
	}
	return min(limitMs, constants.MaxWireTimeoutMs), false
}

// Names of the headers that tell a server a limit.
const (
	connectTimeoutHeader = "connect-timeout-ms"
	grpcTimeoutHeader    = "grpc-timeout"
)

// TimeoutHeaders are the names of the headers that tell a server a limit, over whichever protocol.
var TimeoutHeaders = []string{connectTimeoutHeader, grpcTimeoutHeader}

const grpcMaxValue = 99_999_999

// TimeoutHeader is the header that tells the server a limit of at most 10 digits. gRPC's has 8 and a unit
// (gRPC over HTTP/2, Timeout): milliseconds, and where those are too many, seconds, the rest cut off. Finer
// units would say nothing more of our limits.
func TimeoutHeader(protocol Protocol, ms int64) (name, value string) {
	if protocol == Connect {
		return connectTimeoutHeader, strconv.FormatInt(ms, 10)
	}
	if ms <= grpcMaxValue {
		return grpcTimeoutHeader, strconv.FormatInt(ms, 10) + "m"
	}
	return grpcTimeoutHeader, strconv.FormatInt(ms/1_000, 10) + "S"
}

// SendsAtMs is when an attempt begins. No time passes before the first one, unless a provider took a
// millisecond of it.
func SendsAtMs(startMs, nowMs int64, isFirst, askedProvider bool) int64 {
	if isFirst && (!askedProvider || nowMs-startMs < 1) {
		return startMs
	}
	return nowMs
}
