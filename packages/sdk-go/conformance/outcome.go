package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// outcomeOf makes a call and says how it ended.
func outcomeOf(call func() (string, error)) *pb.SeenOutcome {
	began := time.Now()
	text, err := call()
	outcome := &pb.SeenOutcome{DurationMs: inMilliseconds(time.Since(began))}
	if err == nil {
		outcome.Ok = &text
	} else {
		outcome.Error = seenError(err)
	}
	return outcome
}

func seenError(reason error) *pb.SeenError {
	err := ameide.FromError(reason)
	seen := &pb.SeenError{
		Code:               err.Code.String(),
		Origin:             string(err.Origin),
		StopReason:         string(err.StopReason),
		Reason:             err.Reason,
		Domain:             err.Domain,
		Metadata:           err.ReasonMetadata,
		Retryable:          err.Retryable,
		Message:            err.Message,
		Explanation:        err.Explanation,
		ServerRequestId:    err.ServerRequestID,
		DetailCount:        int32(len(err.Details)),
		Committed:          err.Committed,
		NativeCancellation: isNativeCancellation(reason),
		Cause:              causeOf(err),
		Text:               fmt.Sprintf("%v\n%s", err, jsonOf(err)),
	}
	for _, each := range err.Attempts {
		seen.Attempts = append(seen.Attempts, seenAttempt(each))
	}
	for _, each := range err.FieldViolations {
		seen.Fields = append(seen.Fields, each.Field)
	}
	if err.RetryAfter != nil {
		after := inMilliseconds(*err.RetryAfter)
		seen.RetryAfterMs = &after
	}
	if err.HTTPStatus != 0 {
		status := int32(err.HTTPStatus)
		seen.HttpStatus = &status
	}
	return seen
}

func seenAttempt(attempt ameide.AttemptFailure) *pb.AttemptFailure {
	delay := inMilliseconds(attempt.Delay)
	duration := inMilliseconds(attempt.Duration)
	return &pb.AttemptFailure{
		Code:        attempt.Code.String(),
		Class:       string(attempt.Class),
		DelayMs:     &delay,
		Transparent: attempt.Transparent,
		DurationMs:  &duration,
		Sent:        string(attempt.Sent),
		Message:     attempt.Message,
	}
}

func isNativeCancellation(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// causeOf has the message of what lies behind the connect.Error of an error; empty where nothing does.
func causeOf(err *ameide.Error) string {
	var source *connect.Error
	if !errors.As(err, &source) {
		return ""
	}
	if cause := errors.Unwrap(source.Unwrap()); cause != nil {
		// It may quote what a server sent; a report holds UTF-8.
		return strings.ToValidUTF8(cause.Error(), "\uFFFD")
	}
	return ""
}

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
