package ameide

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// AttemptInfo is what an interceptor may know of the attempt it runs for: see [AttemptInfoFrom].
type AttemptInfo struct {
	// Attempt counts what is sent, from 1.
	Attempt int
	// Remaining is the time to the call's deadline when the attempt began; the longest duration there is without one.
	Remaining time.Duration
}

// AttemptInfoFrom gives an interceptor the attempt it runs for. False outside of one.
func AttemptInfoFrom(ctx context.Context) (AttemptInfo, bool) {
	a := attemptOf(ctx)
	if a == nil {
		return AttemptInfo{}, false
	}
	return AttemptInfo{Attempt: a.number, Remaining: a.call.plan.remaining(a.startedAt)}, true
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// An attempt is one attempt of a call, and the context it runs in.
type attempt struct {
	// Ends when we end the attempt, and with the call.
	context.Context
	call *baseCall
	// Counts what is sent, from 1.
	number    int
	startedAt time.Time
	// That of the timer of the call.
	round int
	// The first request, which mostly is the only one, and how many there were.
	first    recording
	current  atomic.Pointer[recording]
	requests atomic.Int32
	// An http.Transport looked for a trace before there was a request of ours.
	asked atomic.Bool

	mu sync.Mutex
	// When it reached the HTTP client; zero before.
	enteredAt time.Time
	// When the limit that the server was told is over, if there is one, and what it ends.
	dueAt    time.Time
	dueCause policy.AbortCause
	// The failure that came from below the user's interceptors.
	innerError error
	isInner    bool

	// Why we ended it; nil while it runs or ended by itself.
	ending *ending
	over   bool
}

// Value leads interceptors and the HTTP client to the attempt.
func (a *attempt) Value(key any) any {
	switch {
	case key == (attemptKey{}):
		return a
	case key == traceKey && a.requests.Load() == 0:
		a.asked.Store(true)
	case key == traceKey && a.call.client.config.options.roundTripper.is:
		r := a.recording()
		return r.trace.of(a.Context, r)
	}
	return a.Context.Value(key)
}

// String names the attempt: its fields hold the headers of its request.
func (a *attempt) String() string {
	return "attempt " + strconv.Itoa(a.number) + " of " + a.call.plan.method.name
}

// Format prints String by any verb.
func (a *attempt) Format(to fmt.State, verb rune) { formatText(to, verb, a.String()) }

// Deadline is for the user's interceptors. Connect would tell servers what is left of it, a little short.
func (a *attempt) Deadline() (time.Time, bool) {
	plan := &a.call.plan
	if timeout := msDuration(plan.timeoutMs); timeout != noLimit && plan.client.hasInterceptors {
		return plan.startAt.Add(timeout), true
	}
	return time.Time{}, false
}

// recording is that of the last request.
func (a *attempt) recording() *recording {
	if r := a.current.Load(); r != nil {
		return r
	}
	return &a.first
}

// record begins the recording of a request. An interceptor may send more than one.
func (a *attempt) record() *recording {
	r := &a.first
	if a.requests.Add(1) > 1 {
		r = &recording{shape: a.call.plan.shape, ended: a.Context}
	}
	a.current.Store(r)
	return r
}

// sentAgain says that an interceptor sent more than one request.
func (a *attempt) sentAgain() bool { return a.requests.Load() > 1 }

// An ending is why we end a call, or an attempt of it.
type ending struct {
	cause policy.AbortCause
	at    time.Time
	// That of the caller's context, if it ended the call.
	callers error
	// The error of a client that is closed; nil if it is not.
	closed func(where string) *Error
}

// isOfCall says whether it ends the call, too, and not an attempt alone.
func (e *ending) isOfCall() bool {
	return e != nil && (e.cause == policy.AbortDeadline || e.cause == policy.AbortCanceled)
}

// causeOfContext is why a call ends whose context has ended.
func causeOfContext(err error) policy.AbortCause {
	if errors.Is(err, context.DeadlineExceeded) {
		return policy.AbortDeadline
	}
	return policy.AbortCanceled
}

// abortError is the error of what we ended.
func abortError(cause policy.AbortCause, message string) *connect.Error {
	code := connect.CodeDeadlineExceeded
	if cause == policy.AbortCanceled {
		code = connect.CodeCanceled
	}
	return connect.NewError(code, errors.New(message))
}

var (
	errTenantMismatch = errors.New("the answer is for another tenant")
	errNoAnswer       = connect.NewError(connect.CodeInternal, errors.New("an interceptor gave no answer and no error"))
	errAttemptOver    = connect.NewError(connect.CodeCanceled, errors.New("the attempt is over"))
)

// failure puts together all that is known of a failed attempt.
func (a *attempt) failure(err *connect.Error) policy.Failure {
	r := a.recording()
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := policy.Observation{
		Local:       a.isLocal(err),
		Network:     r.network(),
		Status:      r.status,
		Good:        r.isGood(),
		WireError:   r.wireError,
		Reached:     a.reached(r),
		Waits:       r.connection == connectionMissing && !a.sentAgain(),
		SentAgain:   a.sentAgain(),
		Unread:      r.unread,
		EndedEarly:  r.endedEarly(),
		RuntimeCode: err.Code().String(),
	}
	if a.ending != nil {
		seen.AbortCause = a.ending.cause
	}
	if r.status != 0 {
		seen.Hint = a.hint(r, err)
	}
	return policy.ToFailure(seen)
}

func (a *attempt) hint(r *recording, err *connect.Error) *policy.Hint {
	client := a.call.client
	source := policy.HintSource{
		// Connect keeps the trailers that stand in a body with the error.
		Get: func(name string) (string, bool) {
			if value, found := r.get(name); found {
				return value, true
			}
			return metaOf(err, name)
		},
		WallNowMs: client.wallNow().UnixMilli(),
	}
	if seconds, nanos, stated := retryInfo(err, client.constants); stated {
		ms := policy.RetryInfoMs(seconds, nanos)
		source.RetryInfoMs = &ms
	}
	return policy.ReadHint(source)
}

// Whether the server may have read what was sent, as far as that is known without an error.
func (a *attempt) reached(r *recording) policy.Sent {
	requests := a.requests.Load()
	switch {
	case r.status != 0:
		return policy.SentYes
	case requests == 0 || (requests == 1 && r.nothingSent()):
		return policy.SentNo
	default:
		return policy.SentMaybe
	}
}

// What an interceptor says is not what came from below it.
func (a *attempt) isLocal(err *connect.Error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.isInner || a.innerError != error(err)
}

// inner takes the failure that came from below the user's interceptors, and makes it what the server put into its
// answer; nil where nothing failed.
func (a *attempt) inner(err error) error {
	if a.bypassed(err) {
		return bypassedError(err)
	}
	r := a.recording()
	var reported *connect.Error
	if err != nil {
		if own := ownError(err); own != nil {
			return own
		}
		reported = connectErrorFrom(err)
	}
	read := r.readError(reported)
	if read == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.innerError, a.isInner = read, true
	return read
}

// innerOfStream does so for what reading a stream gives: io.EOF is its good end.
func (a *attempt) innerOfStream(err error) error {
	switch {
	case err == nil && a.bypassed(nil):
		return bypassedError(nil)
	case err == nil:
		return nil
	case !errors.Is(err, io.EOF):
		return a.inner(err)
	}
	if hidden := a.inner(nil); hidden != nil {
		return hidden
	}
	return io.EOF
}

// told is the error of an attempt; where the connection failed, or what answered speaks no protocol of ours, it says
// what happened and where.
func (a *attempt) told(err *connect.Error) *connect.Error {
	if a.ending != nil {
		return err
	}
	r := a.recording()
	r.mu.Lock()
	failure, head := r.failure, r.head()
	r.mu.Unlock()
	if failure != nil {
		info := &a.call.plan.info
		where := net.JoinHostPort(info.serverAddress, strconv.Itoa(info.serverPort))
		return toldAs(networkMessage(failure, where), err, failure)
	}
	if a.isLocal(err) || !isStrangers(head, err) {
		return err
	}
	return toldAs(strangersMessage(err.Message(), head, a.call.address()), err, err.Unwrap())
}

// serversTimeout is the limit that a server ended an attempt for, because its time was over; empty if it did not. gRPC
// servers do so by a reset. They are told whole milliseconds, floored, so that theirs may be over a little before ours.
// One that says so by an error, when ours is over, too, was only the first to notice.
func (a *attempt) serversTimeout(err error, now time.Time) policy.AbortCause {
	a.mu.Lock()
	dueAt, cause := a.dueAt, a.dueCause
	a.mu.Unlock()
	if dueAt.IsZero() {
		return ""
	}
	if connect.CodeOf(err) == connect.CodeDeadlineExceeded && !now.Before(dueAt) {
		return cause
	}
	r := a.recording()
	r.mu.Lock()
	defer r.mu.Unlock()
	margin := msDuration(a.call.client.constants.MinWireTimeoutMs)
	if r.canceledByServer() && now.After(dueAt.Add(-margin)) {
		return cause
	}
	return ""
}
