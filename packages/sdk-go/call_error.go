package ameide

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// errorOfAttempt is the error of a call whose last attempt failed.
func (c *baseCall) errorOfAttempt(failed *failedAttempt, stopReason StopReason) *Error {
	a, err, failure := failed.attempt, failed.err, failed.failure
	facts := c.facts()
	facts.origin = Origin(failure.Origin)
	facts.retryable = failed.class != policy.Never
	facts.stopReason = stopReason
	facts.httpStatus = failure.HTTPStatus
	facts.explanation = explainStop(stopReason, &c.plan, failure, len(facts.attempts))
	facts.reason = failure.Reason
	// An Error of an interceptor or a provider keeps its reason.
	if own := ownError(err.Unwrap()); own != nil && failure.Origin == policy.OriginClient {
		facts.reason = own.Reason
	}
	if ms, asked := failure.Hint.Delay(); asked {
		retryAfter := msDuration(ms)
		facts.retryAfter = &retryAfter
	}
	facts.code, _ = codeNamed(failure.Code)
	facts.serverRequestID = c.serverRequestID(a, err)
	facts.callerEnd = c.callersEnd(a.ending)
	return newError(err, facts)
}

// What ended the context of the caller, where that is what ended the call; nil if it is not.
func (c *baseCall) callersEnd(end *ending) error {
	switch {
	case end == nil:
		return nil
	case end.callers != nil:
		return end.callers
	case end.cause == policy.AbortDeadline && c.plan.isDeadlineOfCaller():
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func (c *baseCall) serverRequestID(a *attempt, err *connect.Error) string {
	name := c.client.names.requestID
	r := a.recording()
	r.mu.Lock()
	id, found := r.get(name)
	r.mu.Unlock()
	if !found {
		// Connect keeps the trailers that stand in a body with the error.
		id, _ = metaOf(err, name)
	}
	return id
}

// errorOfAbort is the error of a call that was ended while it had no attempt under way.
func (c *baseCall) errorOfAbort(end *ending, err *connect.Error) *Error {
	facts := c.facts()
	facts.origin = OriginClient
	facts.stopReason = StopDeadline
	if end.cause == policy.AbortCanceled {
		facts.stopReason = StopCanceled
	}
	facts.explanation = explainStop(facts.stopReason, &c.plan, nil, 0)
	facts.callerEnd = c.callersEnd(end)
	return newError(err, facts)
}

// ownError is the Error that an error is or wraps; nil for none.
func ownError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return nil
}

// known is an error with what is known of the call.
func (c *baseCall) known(err *Error) *Error {
	facts := c.facts()
	facts.origin, facts.reason, facts.code = err.Origin, err.Reason, err.Code
	facts.httpStatus, facts.serverRequestID, facts.retryAfter = err.HTTPStatus, err.ServerRequestID, err.RetryAfter
	facts.stopReason, facts.explanation, facts.retryable = err.StopReason, err.Explanation, err.Retryable
	return newError(connectErrorFrom(err), facts)
}

func connectErrorOrNil(err error) *connect.Error {
	if err == nil {
		return nil
	}
	return connectErrorFrom(err)
}

// connectErrorFrom is an error as Connect's. One of ours is behind it.
func connectErrorFrom(err error) *connect.Error {
	if own := ownError(err); own != nil {
		told := connect.NewError(own.Code, &told{text: own.Message, cause: own})
		for _, detail := range own.Details {
			told.AddDetail(detail)
		}
		addHeaders(told.Meta(), own.Metadata)
		return told
	}
	var known *connect.Error
	if errors.As(err, &known) {
		return known
	}
	return connect.NewError(codeOfContext(err), err)
}

// The same error in other words.
func toldAs(message string, err *connect.Error, cause error) *connect.Error {
	return recoded(err.Code(), message, err, cause)
}

func recoded(code connect.Code, message string, err *connect.Error, cause error) *connect.Error {
	if errors.Is(cause, io.EOF) {
		// To Connect's streams that is their good end.
		cause = nil
	}
	told := connect.NewError(code, &told{text: message, cause: cause})
	for _, detail := range err.Details() {
		told.AddDetail(detail)
	}
	addHeaders(told.Meta(), err.Meta())
	return told
}

func metaOf(err *connect.Error, name string) (string, bool) {
	canonical := http.CanonicalHeaderKey(name)
	return joined(err.Meta(), canonical), len(err.Meta()[canonical]) > 0
}

func codeNamed(name string) (connect.Code, bool) {
	if code, ok := codeOf(name); ok {
		return code, true
	}
	return connect.CodeUnknown, false
}
