package ameide

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A callKind is what unary calls and streams do each in their way.
type callKind interface {
	// limit is what an attempt may take as a whole, or until its first message.
	limit(now time.Time) policy.AttemptLimit
	// awaited is what an attempt waits for once the head of its answer is there.
	awaited() answerPart
	// inputState is what has become of the input.
	inputState() policy.InputState
	// endedByOthers is called when the call is to end, by whoever ends it. It does not wait.
	endedByOthers()
	// isLeft says whether the caller wants no more of it.
	isLeft() bool
	// finished is called when the call is over.
	finished()
}

// A baseCall is what unary calls and streams have in common: attempts, the waits between them, and what ends it all. It
// runs in one goroutine at a time, and waits there. The story of a call:
//
//  1. interceptor.go: refuses what cannot be sent, makes a plan, and runs the call.
//  2. call_plan.go: what holds for the call: policy, deadline, tenant, headers.
//  3. baseCall.start: joins the calls of its client.
//  4. baseCall.nextAttempt: waits for a credential, and begins an attempt.
//  5. unary_call.go, stream_call.go: give it to the user's interceptors and to Connect, which makes a request of it.
//  6. http_client.go: below them, writes the last headers, sets the limit, and sends it.
//  7. recorder.go: sees what Connect hides of the answer.
//  8. baseCall.failed: what follows a failed attempt: a wait and back to 4, or the error of the call.
type baseCall struct {
	client *clientContext
	plan   callPlan
	kind   callKind
	// That of the caller.
	ctx    context.Context
	events *callEvents
	timer  callTimer

	state   policy.RetryState
	attempt *attempt
	// Counts the attempts that were sent.
	sent     int
	attempts []AttemptFailure
	// lost is told by the connections of ours.
	lost lostConnection
	// The next credential is to be newer than the last.
	renews, replayed bool
	// A message of the answer has reached the application. Streams only.
	committed bool
	lastCost  int64
	waited    time.Duration
	// What the last attempt failed with, where nothing of it was sent.
	unsent string
	// Since when it waits for a token; zero where it does not.
	tokenSince time.Time
	failedAt   time.Time
	// The call has ended, with this error or well.
	over bool
	err  *Error

	// Why it is to end: a limit is reached, the client was closed. Its own context says itself that it has ended.
	limited, closedBy atomic.Pointer[ending]

	mu sync.Mutex
	// What the call waits in, and its end.
	scope  context.Context
	cancel context.CancelCauseFunc
	// The request of the first attempt, for those that follow.
	frozen frozenRequest

	first attempt
}

// prepare makes the plan of a call.
func (c *baseCall) prepare(
	ctx context.Context, client *clientContext, method *methodConfig, given http.Header, kind callKind,
) error {
	c.client, c.ctx, c.kind = client, ctx, kind
	if err := c.plan.make(ctx, client, method); err != nil {
		return err
	}
	if err := c.plan.takeHeaders(given); err != nil {
		return err
	}
	c.plan.sinks = client.sinks(ctx, &c.plan.info)
	c.events = newCallEvents(&c.plan)
	c.timer.timers, c.timer.call = client.timers, c
	return nil
}

// start joins the calls of the client. False if the call is over.
func (c *baseCall) start() bool {
	if refusal := c.client.lifetime.add(c); refusal != nil {
		c.finish(refusal, "")
		return false
	}
	c.renewScope()
	for _, refusal := range c.plan.refusals {
		c.events.wouldRefuse(refusal)
	}
	if end := c.ending(); end != nil {
		c.abort(end)
	} else if c.plan.timeoutMs < c.client.constants.MinWireTimeoutMs {
		c.abort(&ending{cause: policy.AbortDeadline, at: time.Now()})
	}
	return !c.over
}

// What an attempt leaves behind ends with its scope.
func (c *baseCall) renewScope() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(nil)
	}
	c.scope, c.cancel = context.WithCancelCause(c.ctx)
	if c.closedBy.Load() != nil || c.kind.isLeft() {
		c.cancel(errAttemptOver)
	}
}

func (c *baseCall) cancelScope() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(errAttemptOver)
	}
}

// reach says that a limit has been reached. It is the call that sees to it.
func (c *baseCall) reach(limit policy.AbortCause) {
	if c.limited.CompareAndSwap(nil, &ending{cause: limit, at: time.Now()}) {
		c.cancelScope()
		c.kind.endedByOthers()
	}
}

// close is told that the client is closed: the call ends, whatever it waits for.
func (c *baseCall) close(closed func(where string) *Error) {
	if c.closedBy.CompareAndSwap(nil, &ending{closed: closed, at: time.Now()}) {
		c.cancelScope()
		c.kind.endedByOthers()
	}
}

// ending is why the call is to end now; nil if it is not.
func (c *baseCall) ending() *ending {
	if end := c.closedBy.Load(); end != nil {
		return end
	}
	if end := c.limited.Load(); end != nil {
		return end
	}
	if err := c.ctx.Err(); err != nil {
		return &ending{cause: causeOfContext(err), at: time.Now(), callers: err}
	}
	return nil
}

// abort ends a call that has no attempt under way.
func (c *baseCall) abort(end *ending) {
	c.timer.clear()
	if end.closed != nil {
		c.end(end.closed(c.whereItStood(end.at)))
		return
	}
	c.end(c.errorOfAbort(end, abortError(end.cause, c.limitMessage(end))))
}

// isEnded ends a call that has no attempt under way, if it is to end.
func (c *baseCall) isEnded() bool {
	end := c.ending()
	if end != nil {
		c.abort(end)
	}
	return end != nil
}

// nextAttempt waits for a credential and begins an attempt; nil if the call is over.
func (c *baseCall) nextAttempt() *attempt {
	credential, ok := c.authenticate()
	if !ok {
		return nil
	}
	c.plan.headers.use(credential)
	startedAt := c.startsAt()
	remaining := c.plan.remaining(startedAt)
	if remaining < msDuration(c.client.constants.MinWireTimeoutMs) {
		c.abort(&ending{cause: policy.AbortDeadline, at: time.Now()})
		return nil
	}
	c.plan.prepareHeaders(c.state.Attempts, startedAt)
	// Who was asked for a credential or a trace may have ended the call.
	if len(c.plan.sinks) > 0 && c.isEnded() {
		return nil
	}
	a := &c.first
	if c.sent > 0 {
		a = new(attempt)
	}
	c.sent++
	a.Context, a.call, a.number, a.startedAt, a.round = c.scope, c, c.sent, startedAt, c.timer.current()
	a.first.shape, a.first.ended = c.plan.shape, c.scope
	c.mu.Lock()
	c.attempt = a
	c.mu.Unlock()
	c.state = c.state.WithNextAttempt()
	if c.client.hasInterceptors {
		// What comes before may hang; the limit of the attempt replaces this one once it is sent.
		c.timer.set(startedAt, remaining, policy.AbortDeadline)
	}
	return a
}

// No time passes before the first attempt, unless a provider took a millisecond of it.
func (c *baseCall) startsAt() time.Time {
	if c.sent == 0 && c.plan.credentials == nil {
		return c.plan.startAt
	}
	now := time.Now()
	if c.sent == 0 && now.Sub(c.plan.startAt) < time.Millisecond {
		return c.plan.startAt
	}
	return now
}

func (c *baseCall) authenticate() (*credential, bool) {
	source := c.plan.credentials
	if source == nil {
		return nil, true
	}
	if fixed, ok := source.(*fixedCredential); ok {
		return &fixed.credential, true
	}
	c.tokenSince = time.Now()
	c.timer.set(c.tokenSince, c.plan.remaining(c.tokenSince), policy.AbortDeadline)
	request := &c.plan.credentialRequest
	var found *credential
	var err error
	if c.renews {
		found, err = source.renew(c.scope, request, c.plan.headers.credential)
	} else {
		found, err = source.get(c.scope, request)
	}
	c.renews = false
	c.timer.clear()
	if c.isEnded() {
		return nil, false
	}
	c.tokenSince = time.Time{}
	if err != nil {
		c.end(FromError(err))
	}
	return found, err == nil
}

// succeed ends the call well.
func (c *baseCall) succeed() {
	c.client.budget.Refund(c.lastCost, c.client.constants.SuccessRefund)
	c.finish(nil, "")
}

// isForUs says whether an answer is for the tenant that was sent. If not, the call has failed.
func (c *baseCall) isForUs(header http.Header) bool {
	mismatch := c.plan.tenantMismatch(header, c.events)
	if mismatch == nil {
		return true
	}
	facts := c.facts()
	facts.origin, facts.reason = OriginClient, ReasonTenantMismatch
	c.end(newError(mismatch, facts))
	return false
}

// failed takes up that an attempt failed. True if another is to follow now, false if the call has failed.
func (c *baseCall) failed(a *attempt, err error) bool {
	end := c.ending()
	if end != nil && end.closed != nil {
		c.abort(end)
		return false
	}
	now := time.Now()
	if end == nil {
		if cause := a.serversTimeout(err, now); cause != "" {
			end = &ending{cause: cause, at: now}
		}
	}
	reported := connectErrorOrNil(err)
	if end != nil {
		a.recording().endedBy(end.cause)
		reported = abortError(end.cause, c.limitMessage(end))
		a.ending = end
	}
	c.limited.Store(nil)
	c.timer.clear()
	a.over, c.failedAt = true, now
	return c.follow(a, reported)
}

// Decides what follows a failed attempt. Whoever is told of it may end the call.
func (c *baseCall) follow(a *attempt, reported *connect.Error) bool {
	failure := a.failure(reported)
	class := policy.Classify(&failure, c.plan.policy.RetryableCodes)
	failed := &failedAttempt{a, &failure, class, a.told(reported), c.failedAt}
	if c.mayRenew(&failure, c.plan.policy) {
		c.renews, c.replayed = true, true
		return c.replay(failed, false)
	}
	if c.postsInstead(&failure) {
		c.state.Attempts--
		return c.replay(failed, true)
	}
	s := policy.Situation{
		Constants: c.client.constants, Policy: c.plan.policy, Failure: &failure, Class: class, State: c.state,
		KeySent: c.plan.keySent, Input: c.kind.inputState(), Committed: c.committed,
		RemainingMs: c.plan.remainingMs(time.Now()),
	}
	decision := c.client.budget.Decide(&s, c.client.backoff)
	c.events.wouldRetry(s, c.plan.observed != nil && c.mayRenew(&failure, c.plan.observed))
	c.note(failed, followed{msDuration(decision.DelayMs), decision.Transparent, StopReason(decision.StopReason)})
	c.unsent = ""
	if class == policy.NotSent {
		c.unsent = failed.err.Message()
	}
	if c.hasEndedSince(a.ending) {
		if decision.Retry {
			c.client.budget.Refund(decision.Cost, 0)
		}
		c.isEnded()
		return false
	}
	switch {
	case decision.Retry:
		return c.retry(&decision, class)
	case policy.WaitsOut(&decision, &s):
		c.waitOut()
	default:
		c.end(c.errorOfAttempt(failed, StopReason(decision.StopReason)))
	}
	return false
}

// hasEndedSince says whether something else has ended the call than what ended its attempt.
func (c *baseCall) hasEndedSince(end *ending) bool {
	now := c.ending()
	switch {
	case now == nil:
		return false
	case now.closed != nil || !end.isOfCall():
		return true
	default:
		return now.cause == policy.AbortCanceled && end.cause == policy.AbortDeadline
	}
}

// Lets the attempts that follow send a GET as POST that was refused as too long, and later calls, too.
func (c *baseCall) postsInstead(failure *policy.Failure) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !policy.IsGetTooLong(failure, c.frozen.method) {
		return false
	}
	c.client.addresses.refuse(c.frozen.length())
	return c.frozen.post() == nil && c.plan.policy.Retry
}

func (c *baseCall) replay(failed *failedAttempt, transparent bool) bool {
	c.note(failed, followed{transparent: transparent})
	c.events.waiting(0, failed.class, WaitReplay)
	c.renewScope()
	return !c.isEnded()
}

func (c *baseCall) retry(decision *policy.Decision, class policy.RetryClass) bool {
	c.state = decision.Next
	if decision.Cost > 0 {
		c.lastCost = decision.Cost
	}
	delay := msDuration(decision.DelayMs)
	c.waited += delay
	kind := WaitRetry
	if decision.Transparent {
		kind = WaitTransparent
	}
	c.events.waiting(delay, class, kind)
	c.renewScope()
	if c.isEnded() {
		return false
	}
	if delay > 0 && c.client.timers.sleep(c.scope, delay) != nil {
		return !c.isEnded()
	}
	return true
}

func (c *baseCall) waitOut() {
	c.renewScope()
	now := time.Now()
	c.timer.set(now, c.plan.remaining(now), policy.AbortDeadline)
	<-c.scope.Done()
	c.isEnded()
}

func (c *baseCall) note(failed *failedAttempt, then followed) {
	message := redact(failed.err.Message(), c.plan.secrets(), c.client.constants.MaxMessageBytes)
	code, _ := codeNamed(failed.failure.Code)
	c.attempts = withAttempt(c.attempts, AttemptFailure{
		Code:     code,
		Class:    RetryClass(failed.class),
		Sent:     Sent(failed.failure.Sent),
		Message:  summary(message, c.client.constants.MaxPrintedTextBytes),
		Duration: failed.at.Sub(failed.attempt.startedAt),
	}, then)
	c.events.failed(failed, message, then)
}

func (c *baseCall) facts() errorFacts {
	return errorFacts{
		method:    c.plan.method.name,
		requestID: c.plan.info.requestID,
		attempts:  c.attempts,
		committed: c.committed,
		bounds:    c.client.constants,
		secrets:   c.plan.secrets(),
	}
}

// end ends the call with an error, to which what is known of the call is added where it is of none.
func (c *baseCall) end(err *Error) {
	if c.over {
		return
	}
	if err.Method == "" {
		err = c.known(err)
	}
	c.finish(err, err.StopReason)
}

// leave lets go of what a call holds that has not ended, since something of the caller's panics.
func (c *baseCall) leave() {
	if !c.over && c.cancel != nil {
		c.over = true
		c.client.lifetime.delete(c)
		c.timer.clear()
		c.cancelScope()
	}
}

func (c *baseCall) finish(err *Error, stopReason StopReason) {
	c.over, c.err = true, err
	c.client.lifetime.delete(c)
	c.timer.clear()
	c.cancelScope()
	c.events.done(c, err, stopReason)
	c.kind.finished()
}

// address is that of the requests of the call.
func (c *baseCall) address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.url != nil {
		return c.frozen.url.String()
	}
	return c.plan.url()
}
