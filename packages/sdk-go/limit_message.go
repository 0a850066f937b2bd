package ameide

import (
	"fmt"
	"strings"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// What a call that is being answered waits for, beyond the head of the answer.
type answerPart struct {
	what string
	// Since when; zero where since the head came.
	since time.Time
}

const (
	restOfAnswer    = "the rest of the answer"
	messageOfStream = "a message of the stream"
	itsReader       = "its reader"

	callCanceled     = "the call was canceled"
	deadlineOfCaller = "the deadline expired (the caller's signal)"
	nothingWasSent   = "before anything was sent"
)

// limitMessage is what the error of a call says that we ended. Of a limit that is which it was, how long, who stated it,
// and where the time went. Every SDK says the same.
func (c *baseCall) limitMessage(end *ending) string {
	if end.cause == policy.AbortCanceled {
		return callCanceled
	}
	return c.whichLimit(end) + ": " + c.whereItStood(end.at) + c.whyUnsent(end.cause)
}

// That nothing could be sent before says more than what was waited for last.
func (c *baseCall) whyUnsent(cause policy.AbortCause) string {
	a := c.attempt
	if cause != policy.AbortDeadline || c.unsent == "" || a == nil {
		return ""
	}
	r := a.recording()
	r.mu.Lock()
	reached := r.progress() >= progressSent
	r.mu.Unlock()
	switch {
	case a.over:
		return fmt.Sprintf("; attempt %d could not be sent: %s", a.number, c.unsent)
	case !reached:
		return fmt.Sprintf("; attempt %d could not be sent: %s", a.number-1, c.unsent)
	default:
		return ""
	}
}

func (c *baseCall) whichLimit(end *ending) string {
	plan := &c.plan
	stated := func(ms int64, field policy.Field) string {
		return fmt.Sprintf("%d ms (%s)", ms, plan.sourceOf(field))
	}
	switch end.cause {
	case policy.AbortAttemptTimeout:
		return "the attempt timed out after " + stated(plan.policy.AttemptTimeoutMs, policy.AttemptTimeoutMs)
	case policy.AbortFirstMessageTimeout:
		return "no first message came in " + stated(plan.policy.FirstMessageTimeoutMs, policy.FirstMessageTimeoutMs)
	case policy.AbortIdleTimeout:
		return "no further message came in " + stated(plan.policy.IdleTimeoutMs, policy.IdleTimeoutMs)
	default:
		// One that a context tells is known before it is over.
		if _, told := c.ctx.Deadline(); end.callers != nil && (!told || plan.timeoutMs == policy.NoLimit) {
			return deadlineOfCaller
		}
		return fmt.Sprintf("the deadline of %d ms expired (%s)", max(0, plan.timeoutMs), plan.deadlineSource())
	}
}

// whereItStood is what a call that is ended waits for.
func (c *baseCall) whereItStood(now time.Time) string {
	if !c.tokenSince.IsZero() {
		return fmt.Sprintf("the call had waited %d ms for a token", sinceMs(c.tokenSince, now))
	}
	a := c.attempt
	if a == nil {
		return nothingWasSent
	}
	if a.over {
		return fmt.Sprintf("the call had waited %d ms between attempts %d and %d",
			sinceMs(c.failedAt, now), a.number, a.number+1)
	}
	phases := c.phases(a)
	last := phases[len(phases)-1]
	var before []string
	for i, phase := range phases[:len(phases)-1] {
		if ms := sinceMs(phase.since, phases[i+1].since); ms > 0 {
			before = append(before, fmt.Sprintf("%d ms %s", ms, phase.verb()))
		}
	}
	told := fmt.Sprintf("attempt %d had waited %d ms %s", a.number, sinceMs(last.since, now), last.verb())
	if len(before) > 0 {
		told += ", after " + strings.Join(before, ", ")
	}
	return told
}

// A phase is what was waited for, and since when.
type phase struct {
	what  string
	since time.Time
}

const toBeSent = "to be sent"

func (p phase) verb() string {
	if p.what == toBeSent {
		return p.what
	}
	return "for " + p.what
}

// One after the other, as far as the recorder saw them; the last one goes on.
func (c *baseCall) phases(a *attempt) []phase {
	part := c.kind.awaited()
	if !part.since.IsZero() {
		return []phase{{part.what, part.since}}
	}
	a.mu.Lock()
	entered := a.enteredAt
	a.mu.Unlock()
	if entered.IsZero() {
		entered = a.startedAt
	}
	var phases []phase
	if a.number == 1 {
		phases = append(phases, phase{"a token", c.plan.startAt})
	}
	phases = append(phases, phase{toBeSent, a.startedAt})
	r := a.recording()
	r.mu.Lock()
	defer r.mu.Unlock()
	progress := r.progress()
	if progress == progressConnecting || (progress != progressUnsent && !r.askedAt.IsZero()) {
		what := "a connection"
		if r.queued != "" {
			what = r.queued + " to be free (nothing was sent)"
		}
		phases = append(phases, phase{what, entered})
	}
	if progress >= progressSent {
		asked := r.askedAt
		if asked.IsZero() {
			asked = entered
		}
		phases = append(phases, phase{"response headers", asked})
	}
	if progress == progressAnswered {
		phases = append(phases, phase{part.what, r.headAt})
	}
	return phases
}

func sinceMs(from, to time.Time) int64 {
	return max(0, to.Sub(from).Milliseconds())
}
