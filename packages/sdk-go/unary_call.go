package ameide

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A unaryCall is one unary call. It runs in its caller's goroutine.
type unaryCall struct {
	baseCall
	request connect.AnyRequest
	// The headers of the request before the first attempt: interceptors of one attempt see nothing of another's.
	header  http.Header
	entries []headerEntry
	space   [16]headerEntry
}

type headerEntry struct {
	name   string
	values []string
}

// runUnary makes a call and all its attempts.
func runUnary(
	ctx context.Context, client *clientContext, method *methodConfig, next connect.UnaryFunc, request connect.AnyRequest,
) (connect.AnyResponse, error) {
	c := &unaryCall{request: request, header: request.Header()}
	if refusal := client.shapes.of(method.kind).refuse(c.header); refusal != nil {
		return nil, refusal
	}
	if err := c.prepare(ctx, client, method, c.header, c); err != nil {
		return nil, FromError(err)
	}
	restore := c.fillRequestID()
	defer func() {
		restore()
		c.leave()
	}()
	if response := c.run(next); response != nil {
		return response, nil
	}
	return nil, c.err
}

func (c *unaryCall) run(next connect.UnaryFunc) connect.AnyResponse {
	c.keepHeader()
	for going := c.start(); going; {
		a := c.nextAttempt()
		if a == nil {
			return nil
		}
		c.restoreHeader(a)
		response, err := next(a, c.request)
		if err == nil && isNil(response) {
			err = errNoAnswer
		}
		if !c.client.hasInterceptors {
			err = a.inner(err)
		}
		if err == nil && c.ending() == nil {
			c.timer.clear()
			if !c.isForUs(response.Header()) {
				return nil
			}
			c.succeed()
			return response
		}
		going = c.failed(a, err)
	}
	return nil
}

func (c *unaryCall) keepHeader() {
	c.entries = c.space[:0]
	for name, values := range c.header {
		c.entries = append(c.entries, headerEntry{name, values[:len(values):len(values)]})
	}
}

// The user's interceptors see the headers of the attempt, but for what only the last may write.
func (c *unaryCall) restoreHeader(a *attempt) {
	if a.number > 1 {
		clear(c.header)
		for _, entry := range c.entries {
			c.header[entry.name] = slices.Clone(entry.values)
		}
	}
	if c.client.hasInterceptors {
		c.plan.writeEarly(c.header)
	}
}

// Connect takes the message from the request alone. What is put in its place is gone after the call.
func (c *unaryCall) fillRequestID() (restore func()) {
	filled := c.plan.withRequestID(c.request.Any())
	if filled == nil {
		return func() {}
	}
	message := reflect.ValueOf(c.request).Elem().FieldByName("Msg")
	given := reflect.ValueOf(message.Interface())
	message.Set(reflect.ValueOf(filled))
	return func() { message.Set(given) }
}

// The attempt timeout ends an attempt only while another may follow.
func (c *unaryCall) limit(now time.Time) policy.AttemptLimit {
	values, budget := c.plan.policy, c.client.budget
	anotherMayFollow := values.Retry &&
		policy.Gate(policy.Ambiguous, values, c.plan.keySent, nil) &&
		c.state.Attempts < values.MaxAttempts &&
		budget.Tokens() >= budget.Values().Cost
	attemptMs := policy.NoLimit
	if anotherMayFollow {
		attemptMs = values.AttemptTimeoutMs
	}
	return policy.LimitOf(c.plan.remainingMs(now), attemptMs, policy.AbortAttemptTimeout)
}

func (*unaryCall) awaited() answerPart { return answerPart{what: restOfAnswer} }

func (*unaryCall) inputState() policy.InputState { return policy.InputReplayable }

// Whoever waits hears of it by the context of the attempt.
func (*unaryCall) endedByOthers() {}

func (*unaryCall) isLeft() bool { return false }

func (*unaryCall) finished() {}
