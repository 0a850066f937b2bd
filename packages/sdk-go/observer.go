package ameide

import (
	"encoding/json"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// EventBase is what every event says.
type EventBase struct {
	// Method is its full name: acme.v1.Billing/Charge.
	Method string
	// RequestID is the id of the call, the same in all its events.
	RequestID string
	// At is the time since the call began.
	At time.Duration
}

// Event is something that happens in a call, as plain data: [AttemptStarted], [AttemptFailed], [Waiting], [Done] or
// [WouldHave]. Its JSON is that of the other SDKs, with times in milliseconds.
type Event interface {
	json.Marshaler
	// Base is what every event says.
	Base() EventBase
	eventType() string
}

// Observer gets the events of all calls of a client, those of one call in order, from whatever goroutine they happen in.
// It may cancel the call or close the client, and what follows is not sent. A panic in it is the program's own.
type Observer func(event Event)

// AttemptStarted is an attempt that goes out.
type AttemptStarted struct {
	EventBase
	// Attempt counts what is sent, from 1.
	Attempt int
	// Timeout is what the attempt may take, as on the wire; 0 for no limit.
	Timeout time.Duration
	// IdempotencyKey is the key as it is sent, to find by it what the server did; empty for none. No log and no span has it.
	IdempotencyKey string
	// Headers of the request, values outside the allow-list replaced by REDACTED.
	Headers map[string]string
}

// AttemptFailed is an attempt that failed.
type AttemptFailed struct {
	EventBase
	Attempt int
	Code    connect.Code
	Class   RetryClass
	Origin  Origin
	// Sent says whether the server may have read the request.
	Sent    Sent
	Message string
	// HTTPStatus is 0 if there was no answer.
	HTTPStatus int
	// RetryAfter is when the server wants to be asked again; nil if it said nothing.
	RetryAfter *time.Duration
	Duration   time.Duration
	// Delay is the wait after it; 0 if none follows.
	Delay time.Duration
	// StopReason is why none follows; empty if one does.
	StopReason StopReason
	// Explanation is the fact that decided, in words.
	Explanation string
}

// WaitKind is what kind of attempt follows.
type WaitKind string

// The kinds of attempts after the first.
const (
	// WaitTransparent: a transparent retry, which does not count.
	WaitTransparent WaitKind = "transparent"
	// WaitReplay: the replay with a new token, or as POST.
	WaitReplay WaitKind = "replay"
	// WaitRetry: a counted retry.
	WaitRetry WaitKind = "retry"
)

// Waiting says that another attempt follows, after a wait.
type Waiting struct {
	EventBase
	Delay time.Duration
	Class RetryClass
	// Kind is transparent with a wait for a retry of wait-for-ready.
	Kind WaitKind
	// BudgetTokens are those left in the budget.
	BudgetTokens int64
}

// Done says that the call is over.
type Done struct {
	EventBase
	// Code is 0 if the call ended well.
	Code connect.Code
	// Message is that of the error; empty if the call ended well.
	Message    string
	StopReason StopReason
	// Attempts counts those that went out.
	Attempts int
	Duration time.Duration
	// RetryDelay is the sum of the waits between attempts.
	RetryDelay time.Duration
	// BudgetTokens are those left in the budget.
	BudgetTokens int64
}

// WouldHave says, in observe mode, what policy would have done.
type WouldHave struct {
	EventBase
	// What is retried, expired or refused.
	What        string
	Explanation string
}

// Base is what every event says.
func (e EventBase) Base() EventBase { return e }

func (AttemptStarted) eventType() string { return "attempt_started" }
func (AttemptFailed) eventType() string  { return "attempt_failed" }
func (Waiting) eventType() string        { return "waiting" }
func (Done) eventType() string           { return "done" }
func (WouldHave) eventType() string      { return "would_have" }

// What is known of a call when it begins.
type callInfo struct {
	service, method string
	requestID       string
	// tenant is empty for none.
	tenant        string
	serverAddress string
	serverPort    int
	protocol      policy.Protocol
}

// A callSink is what a span or log of one call is made from.
type callSink interface {
	event(event Event)
	// inject sets the headers of an attempt that carry its trace context; it begins at that time of the call.
	inject(set func(name, value string), at time.Duration)
	// peer is the address of the peer of the last attempt.
	peer(address string, port int)
}

// onlyEvents is a sink for what is told of events alone.
type onlyEvents func(event Event)

func (s onlyEvents) event(event Event)                            { s(event) }
func (onlyEvents) inject(func(name, value string), time.Duration) {}
func (onlyEvents) peer(string, int)                               {}
