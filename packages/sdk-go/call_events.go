package ameide

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// callEvents tells the observer, the log and the spans of one call what happens in it: the one source of all three. A
// nil one tells nobody.
type callEvents struct {
	plan *callPlan

	mu sync.Mutex
	// Events that not all have been told of yet.
	untold  []Event
	telling bool
	isDone  bool
}

func newCallEvents(plan *callPlan) *callEvents {
	if len(plan.sinks) == 0 {
		return nil
	}
	return &callEvents{plan: plan}
}

func (e *callEvents) base() EventBase {
	return EventBase{Method: e.plan.method.name, RequestID: e.plan.info.requestID, At: e.plan.elapsed()}
}

func (e *callEvents) started(a *attempt, timeoutMs int64, header http.Header) {
	if e == nil {
		return
	}
	event := AttemptStarted{
		EventBase:      e.base(),
		Attempt:        a.number,
		IdempotencyKey: e.plan.idempotencyKey,
		Headers:        redactHeaders(header, e.plan.client.constants),
	}
	if timeoutMs != policy.NoLimit {
		event.Timeout = msDuration(timeoutMs)
	}
	e.emit(event)
}

func (e *callEvents) failed(failed *failedAttempt, message string, then followed) {
	if e == nil {
		return
	}
	failure := failed.failure
	event := AttemptFailed{
		EventBase:   e.base(),
		Attempt:     failed.attempt.number,
		Class:       RetryClass(failed.class),
		Origin:      Origin(failure.Origin),
		Sent:        Sent(failure.Sent),
		Message:     printable(message),
		HTTPStatus:  failure.HTTPStatus,
		Duration:    failed.at.Sub(failed.attempt.startedAt),
		Delay:       then.delay,
		StopReason:  then.stopReason,
		Explanation: explainStop(then.stopReason, e.plan, failure, failed.attempt.number),
	}
	event.Code, _ = codeNamed(failure.Code)
	if ms, asked := failure.Hint.Delay(); asked {
		retryAfter := msDuration(ms)
		event.RetryAfter = &retryAfter
	}
	e.emit(event)
}

func (e *callEvents) waiting(delay time.Duration, class policy.RetryClass, kind WaitKind) {
	if e == nil {
		return
	}
	tokens := e.plan.client.budget.Tokens()
	e.emit(Waiting{EventBase: e.base(), Delay: delay, Class: RetryClass(class), Kind: kind, BudgetTokens: tokens})
}

func (e *callEvents) done(c *baseCall, err *Error, stopReason StopReason) {
	if e == nil {
		return
	}
	event := Done{
		EventBase:    e.base(),
		StopReason:   stopReason,
		Attempts:     c.sent,
		RetryDelay:   c.waited,
		BudgetTokens: e.plan.client.budget.Tokens(),
	}
	event.Duration = event.At
	e.wouldExpire(event.Duration, c.attempt)
	e.tellPeer(c.attempt)
	if err != nil {
		event.Code, event.Message = err.Code, printable(err.Message)
	}
	e.emit(event)
}

func (e *callEvents) tellPeer(last *attempt) {
	if last == nil {
		return
	}
	r := last.recording()
	r.mu.Lock()
	remote := r.remote
	r.mu.Unlock()
	address, ok := remote.(*net.TCPAddr)
	if !ok {
		return
	}
	for _, sink := range e.plan.sinks {
		sink.peer(address.IP.String(), address.Port)
	}
}

// wouldRefuse tells, in observe mode, what policy would have refused.
func (e *callEvents) wouldRefuse(explanation string) {
	e.wouldHave("refused", explanation)
}

func (e *callEvents) wouldHave(what, explanation string) {
	if e != nil {
		e.emit(WouldHave{EventBase: e.base(), What: what, Explanation: explanation})
	}
}

// wouldRetry tells, in observe mode, whether policy would have sent another attempt.
func (e *callEvents) wouldRetry(s policy.Situation, replay bool) {
	if e == nil || e.plan.observed == nil {
		return
	}
	if replay {
		e.wouldHave("retried", "would have been tried again with a new token")
		return
	}
	client := e.plan.client
	s.Policy = e.plan.observed
	s.RemainingMs = policy.Left(s.Policy.TimeoutMs, e.plan.elapsed().Milliseconds())
	s.KeySent = s.KeySent || e.plan.keyWithheld
	s.Budget, s.Tokens = client.budget.Values(), client.budget.Tokens()
	if decision := policy.Decide(&s, client.backoff); decision.Retry {
		e.wouldHave("retried", fmt.Sprintf("would have been tried again after %d ms (%s)", decision.DelayMs, s.Class))
	}
}

func (e *callEvents) wouldExpire(duration time.Duration, last *attempt) {
	plan := e.plan
	observed := plan.observed
	if observed == nil {
		return
	}
	if duration > msDuration(observed.TimeoutMs) {
		e.wouldHave("expired", fmt.Sprintf("would have ended at its deadline of %d ms", observed.TimeoutMs))
	}
	anotherMayFollow := plan.method.method.kind == policy.Unary && observed.Retry && observed.MaxAttempts > 1 &&
		policy.Gate(policy.Ambiguous, observed, plan.keySent || plan.keyWithheld, nil)
	if anotherMayFollow && last != nil && time.Since(last.startedAt) > msDuration(observed.AttemptTimeoutMs) {
		e.wouldHave("expired", fmt.Sprintf("the attempt would have been cut after %d ms", observed.AttemptTimeoutMs))
	}
}

// Who is told may end the call: all are told of one event before the next.
func (e *callEvents) emit(event Event) {
	e.mu.Lock()
	if e.isDone {
		// The request of a stream is made by a goroutine of Connect's, which may be late.
		e.mu.Unlock()
		return
	}
	_, e.isDone = event.(Done)
	e.untold = append(e.untold, event)
	if e.telling {
		e.mu.Unlock()
		return
	}
	e.telling = true
	for len(e.untold) > 0 {
		next := e.untold[0]
		e.untold = e.untold[1:]
		e.mu.Unlock()
		for _, sink := range e.plan.sinks {
			sink.event(next)
		}
		e.mu.Lock()
	}
	e.telling = false
	e.mu.Unlock()
}
