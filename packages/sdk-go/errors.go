package ameide

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// Origin says who made a failure.
type Origin string

// The origins of a failure.
const (
	OriginServer    Origin = "server"    // the server, or a proxy in its place, answered with an error
	OriginTransport Origin = "transport" // the connection failed, or a limit of an attempt was reached
	OriginClient    Origin = "client"    // this process: its options, its deadline, its end, what it could not read
)

// Sent says whether the server may have read a request.
type Sent string

// The states of a request.
const (
	SentNo    Sent = "no"    // surely not
	SentMaybe Sent = "maybe" // nobody knows
	SentYes   Sent = "yes"   // it has answered
)

// RetryClass is what kind of failure it was, as far as a retry is concerned. Whether a method may be repeated after it is
// up to its proto.
type RetryClass string

// The classes of failures.
const (
	ClassNotSent   RetryClass = "NOT_SENT"  // nothing can have reached the server
	ClassAmbiguous RetryClass = "AMBIGUOUS" // the server may have acted
	ClassThrottle  RetryClass = "THROTTLE"  // the server asks for less
	ClassTransient RetryClass = "TRANSIENT" // unavailable, and what RetryableCodes lists
	ClassNever     RetryClass = "NEVER"     // all else
)

// StopReason is why a failed call was not tried again; empty where it never came to that.
type StopReason string

// The stop reasons, of which the first that holds is told.
const (
	StopCanceled      StopReason = "canceled"        // the caller canceled
	StopCommitted     StopReason = "committed"       // messages of a stream had reached the application
	StopNotRetryable  StopReason = "not_retryable"   // the class is NEVER
	StopNotIdempotent StopReason = "not_idempotent"  // the method does not say that it may be repeated
	StopPushback      StopReason = "server_pushback" // the server asked not to (grpc-retry-pushback-ms, gRPC A6)
	StopAttempts      StopReason = "attempts"        // all attempts were made, or retries are off
	StopServerDelay   StopReason = "server_delay"    // the server asked for too long a wait
	StopDeadline      StopReason = "deadline"        // the deadline expired, or would have during the wait
	StopBudget        StopReason = "budget"          // the retry budget is used up
)

// The reasons of errors that the SDK makes, in [Error.Reason].
const (
	// ReasonConfigInvalid: options are wrong, or do not go together. Nothing was sent.
	ReasonConfigInvalid = "CONFIG_INVALID"
	// ReasonTokenProviderFailed: the [TokenProvider] failed, and there is no token that it gave before.
	ReasonTokenProviderFailed = "TOKEN_PROVIDER_FAILED"
	// ReasonTenantMismatch: a good answer names another tenant than the call does.
	ReasonTenantMismatch = "TENANT_MISMATCH"
	// ReasonClientClosed: the client was closed, or is being drained.
	ReasonClientClosed = "CLIENT_CLOSED"
	// ReasonPageTokenLoop: a list gave a page token for the second time.
	ReasonPageTokenLoop = "PAGE_TOKEN_LOOP"
	// ReasonRedirectRefused: the server answered with a redirect, which is never followed.
	ReasonRedirectRefused = "REDIRECT_REFUSED"
	// ReasonStreamingUnsupported: a bidi stream to a server without HTTP/2. Nothing was sent.
	ReasonStreamingUnsupported = "STREAMING_UNSUPPORTED"
)

// AttemptFailure is a failed attempt of a call.
type AttemptFailure struct {
	Code  connect.Code
	Class RetryClass
	// Sent says whether the server may have read its request.
	Sent Sent
	// Message is what it failed with, cut after 256 bytes, with REDACTED for credentials and keys.
	Message string
	// Duration is from the start of the attempt to its failure.
	Duration time.Duration
	// Delay is the wait after it; 0 where none followed.
	Delay time.Duration
	// Transparent: it was followed by a transparent retry and does not count. Of those that follow each other while a
	// call waits for a server, the last is listed.
	Transparent bool
}

// FieldViolation is one violated field of a request (google.rpc.BadRequest).
type FieldViolation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// QuotaViolation is one violated quota (google.rpc.QuotaFailure).
type QuotaViolation struct {
	Subject     string `json:"subject"`
	Description string `json:"description"`
}

// PreconditionViolation is one violated precondition (google.rpc.PreconditionFailure).
type PreconditionViolation struct {
	Type        string `json:"type"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
}

// Error is the one error of the SDK: a [connect.Error] with what the SDK knows beyond it. [errors.As] finds the
// connect.Error in it, whose code is Code, and [connect.CodeOf] that code.
//
// The standard details of google.rpc (AIP-193) are promoted to fields, as far as its bounds go; Details keeps them all,
// unknown ones too. Its text, JSON and log forms hold no headers, tokens, bodies or query strings, no control characters,
// and no more than a few kilobytes, whatever a server says.
//
// [errors.Is] finds [context.Canceled] and [context.DeadlineExceeded] where the caller's own context ended the call, and
// not where a server or a limit of the SDK did.
//
// A handler that returns it sends none of the answer's headers on, and tells its caller not to repeat what was repeated
// here (gRPC A6, "Pushback").
type Error struct {
	Code connect.Code
	// Message is what happened, in the words of the server or of the SDK, without the code; as it came, control
	// characters included, cut after 1024 bytes.
	Message string
	// Method is its full name: acme.v1.Billing/Charge. Empty outside of a call.
	Method string
	// Origin says who made the failure: the server, the connection, or this process.
	Origin Origin
	// Reason is google.rpc.ErrorInfo.reason, or one of the SDK's, such as [ReasonConfigInvalid].
	Reason string
	// Domain is google.rpc.ErrorInfo.domain.
	Domain string
	// ReasonMetadata is google.rpc.ErrorInfo.metadata.
	ReasonMetadata         map[string]string
	FieldViolations        []FieldViolation
	QuotaViolations        []QuotaViolation
	PreconditionViolations []PreconditionViolation
	// Details are all details of the error, as they came.
	Details []*connect.ErrorDetail
	// Metadata holds the headers and trailers of the answer.
	Metadata http.Header
	// RetryAfter is when the server wants to be asked again; nil if it said nothing.
	RetryAfter *time.Duration
	RequestID  string
	// ServerRequestID is the server's own id for the request, where it differs from RequestID.
	ServerRequestID string
	// HTTPStatus is that of the last response; 0 if there was none.
	HTTPStatus int
	// Attempts lists every failed attempt, in order.
	Attempts []AttemptFailure
	// StopReason is why the call was not tried again.
	StopReason StopReason
	// Explanation is the fact that decided, in words.
	Explanation string
	// Retryable says whether trying again later may help.
	Retryable bool
	// Committed: messages of a stream had reached the application.
	Committed bool

	source    *connect.Error
	callerEnd error
	promoted  promoted
	bounds    *policy.Constants
	// A function, so that nothing that prints by reflection shows them.
	secrets func() []string
}

// What an SDK knows of a failed call.
type errorFacts struct {
	method          string
	origin          Origin
	reason          string
	requestID       string
	serverRequestID string
	httpStatus      int
	attempts        []AttemptFailure
	stopReason      StopReason
	explanation     string
	retryable       bool
	committed       bool
	retryAfter      *time.Duration
	// code of the error; 0 for the source's.
	code connect.Code
	// callerEnd is the error of the caller's context, where that ended the call.
	callerEnd error
	// bounds is how much is kept and printed of what a server says; nil for that of behavior 1.
	bounds *policy.Constants
	// secrets are the credentials that were sent: what a server says of them is left out.
	secrets []string
}

var behavior1 = policy.Behavior1()

// newError makes an error of another, whose details and headers are kept, and of what is known of the call.
func newError(source *connect.Error, facts errorFacts) *Error {
	bounds, secrets := facts.bounds, facts.secrets
	if bounds == nil {
		bounds = behavior1
	}
	code := facts.code
	if code == 0 {
		code = source.Code()
	}
	message := redact(source.Message(), secrets, bounds.MaxMessageBytes)
	found := promote(source, detailReading{bounds: bounds, secrets: secrets})
	e := &Error{
		Code:                   code,
		Message:                message,
		Method:                 facts.method,
		Origin:                 facts.origin,
		Reason:                 firstOf(facts.reason, found.reason),
		Domain:                 found.domain,
		ReasonMetadata:         mapOf(found.metadata.first),
		FieldViolations:        found.fields.first,
		QuotaViolations:        found.quotas.first,
		PreconditionViolations: found.preconditions.first,
		Details:                source.Details(),
		Metadata:               source.Meta(),
		RetryAfter:             facts.retryAfter,
		RequestID:              facts.requestID,
		HTTPStatus:             facts.httpStatus,
		Attempts:               facts.attempts,
		StopReason:             facts.stopReason,
		Explanation:            facts.explanation,
		Retryable:              facts.retryable,
		Committed:              facts.committed,
		callerEnd:              facts.callerEnd,
		promoted:               found,
		bounds:                 bounds,
		secrets:                func() []string { return secrets },
	}
	id := firstOf(found.serverRequestID, facts.serverRequestID)
	if id = redact(id, secrets, bounds.MaxMessageBytes); id != facts.requestID {
		e.ServerRequestID = id
	}
	e.source = connectErrorOf(e, source)
	return e
}

// FromError turns any error into an [Error]. One that is or wraps an Error is that Error; all else gets origin client,
// with the code of the connect.Error it wraps, or else of a context that ended, or else unknown. It is nil for nil.
func FromError(err error) *Error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var source *connect.Error
	if !errors.As(err, &source) {
		source = connect.NewError(codeOfContext(err), err)
	}
	return newError(source, errorFacts{origin: OriginClient})
}

func codeOfContext(err error) connect.Code {
	switch {
	case errors.Is(err, context.Canceled):
		return connect.CodeCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return connect.CodeDeadlineExceeded
	default:
		return connect.CodeUnknown
	}
}

// The connect.Error that an error unwraps to, which is what a handler sends on: with our code and message, and with
// headers that are for whoever called, not those of the answer.
func connectErrorOf(e *Error, source *connect.Error) *connect.Error {
	behind := &told{text: printable(e.Message)}
	if e.Origin != OriginServer {
		// A server's own words may repeat a credential.
		behind.cause = causeOf(source)
	}
	own := connect.NewError(e.Code, behind)
	for _, detail := range source.Details() {
		own.AddDetail(detail)
	}
	for name, values := range answerMetadata(isFinal(e)) {
		own.Meta()[name] = values
	}
	return own
}

// A call that was repeated, or that server or budget kept from it.
func isFinal(e *Error) bool {
	return len(e.Attempts) > 1 || e.StopReason == StopPushback || e.StopReason == StopBudget
}

// Unwrap gives the [connect.Error], and the error of the caller's context where that ended the call.
func (e *Error) Unwrap() []error {
	if e.callerEnd == nil {
		return []error{e.source}
	}
	return []error{e.source, e.callerEnd}
}

// Error is one line: code, message and why it was not tried again.
func (e *Error) Error() string {
	text := e.Code.String()
	if e.Message != "" {
		text += ": " + printable(e.Message)
	}
	if e.Explanation != "" {
		text += " (" + printable(e.Explanation) + ")"
	}
	return text
}

// Format prints [Error.Error] by any verb: its fields hold the headers of the answer.
func (e Error) Format(to fmt.State, verb rune) {
	text := e.Error()
	if verb == 'v' && to.Flag('#') {
		text = "&ameide.Error{" + text + "}"
	}
	formatText(to, verb, text)
}

// A text with what is behind it.
type told struct {
	text  string
	cause error
}

func (t *told) Error() string { return t.text }
func (t *told) Unwrap() error { return t.cause }

// The cause of an error, without what would say of a context of the SDK's own, or of a deadline of a socket, that the
// caller's context had ended, or of a connection, that a stream had.
func causeOf(source *connect.Error) error {
	cause := source.Unwrap()
	if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, io.EOF) {
		return nil
	}
	return cause
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func mapOf(pairs [][2]string) map[string]string {
	entries := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		entries[pair[0]] = pair[1]
	}
	return entries
}
