package policy

import "math"

// RetryClass is what kind of failure it was, as far as a retry is concerned.
type RetryClass string

// The classes.
const (
	NotSent   RetryClass = "NOT_SENT"
	Ambiguous RetryClass = "AMBIGUOUS"
	Throttle  RetryClass = "THROTTLE"
	Transient RetryClass = "TRANSIENT"
	Never     RetryClass = "NEVER"
)

// StopReason is why a failed call was not tried again.
type StopReason string

// The reasons.
const (
	StopCanceled      StopReason = "canceled"
	StopCommitted     StopReason = "committed"
	StopNotRetryable  StopReason = "not_retryable"
	StopNotIdempotent StopReason = "not_idempotent"
	StopPushback      StopReason = "server_pushback"
	StopAttempts      StopReason = "attempts"
	StopServerDelay   StopReason = "server_delay"
	StopDeadline      StopReason = "deadline"
	StopBudget        StopReason = "budget"
)

// Classify puts a failure into a class; the first that matches.
func Classify(failure *Failure, retryableCodes []string) RetryClass {
	_, asked := failure.Hint.Delay()
	switch {
	case failure.Origin == OriginClient || failure.Mismatch != "":
		return Never
	case failure.Sent == SentNo:
		return NotSent
	case failure.AttemptTimedOut || failure.Sent == SentMaybe:
		return Ambiguous
	case failure.HTTPStatus == 429 && !failure.WireError:
		return Throttle
	case failure.Code == CodeResourceExhausted && asked:
		return Throttle
	case failure.Code == CodeUnavailable || contains(retryableCodes, failure.Code):
		return Transient
	}
	return Never
}

// Whether a second execution would do no harm: the method says so, or the server gets something to know the
// call by.
func isRepeatable(values *Values, keySent bool) bool {
	return values.Idempotency != UnknownIdempotency || keySent
}

// Gate says whether its proto lets a method be repeated after a failure of this class: the method gate. A
// method of unknown idempotency is repeated only if the server cannot have seen it, asks for it in an error
// of its own, or gets an idempotency key; what the server asks for does not count with requireIdempotency.
// The failure may be nil.
func Gate(class RetryClass, values *Values, keySent bool, failure *Failure) bool {
	if isRepeatable(values, keySent) || class == NotSent {
		return true
	}
	return !values.RequireIdempotency && failure != nil && asksToComeBack(failure)
}

// A whole answer, and an error. A gateway that throttles (429, no error of the protocol) and says until when
// has not passed the request on.
func asksToComeBack(failure *Failure) bool {
	hint := failure.Hint
	if failure.Sent != SentYes || hint == nil || hint.Kind == HintStop {
		return false
	}
	fromGateway := failure.HTTPStatus == 429 && !failure.WireError && !failure.Unread
	return hint.Kind == HintPushback || hint.From == FromRetryInfo || fromGateway
}

// RetryState is the retries a call has used so far. A new call's state is its zero value.
type RetryState struct {
	// Attempts that count: not those a transparent retry followed.
	Attempts int64
	// Exponent is how many counted retries there were since the last pushback.
	Exponent int64
	// Transparent: the one transparent retry has been used, or could not be paid.
	Transparent bool
	// Waits for a server since an attempt last reached one.
	Waits int64
}

// WithNextAttempt is the state of a call with one more attempt.
func (r RetryState) WithNextAttempt() RetryState {
	r.Attempts++
	return r
}

// Decision is what to do after a failed attempt.
type Decision struct {
	Retry bool
	// DelayMs is how long to wait before the next attempt, in milliseconds.
	DelayMs int64
	// Cost is the budget to pay, in tokens.
	Cost        int64
	Transparent bool
	// Next is the state after the retry.
	Next RetryState
	// StopReason is set where there is no retry.
	StopReason StopReason
}

// InputState is what has become of a call's input.
type InputState string

// The states of input.
const (
	// InputReplayable can be sent again, as the one message of unary calls and server streams can.
	InputReplayable InputState = "replayable"
	// InputUnsent is a stream of which nothing was sent.
	InputUnsent InputState = "unsent"
	// InputConsumed is a stream of which something was sent.
	InputConsumed InputState = "consumed"
)

// Situation is all that a decision depends on.
type Situation struct {
	Constants *Constants
	Policy    *Values
	// Budget and Tokens are set by Budget.Decide.
	Budget  BudgetValues
	Tokens  int64
	Failure *Failure
	Class   RetryClass
	State   RetryState
	// KeySent: an idempotency key is really being sent.
	KeySent bool
	Input   InputState
	// Committed: messages of a stream reached the application.
	Committed bool
	// RemainingMs is to the deadline; NoLimit without one.
	RemainingMs int64
}

// Decide decides whether a failed attempt is followed by another. It draws one random number, uniform in
// [0, 1), for each wait it computes.
func Decide(s *Situation, random func() float64) Decision {
	failure := s.Failure
	sendable := s.Input == InputReplayable || (s.Input == InputUnsent && s.Class == NotSent)
	switch {
	case failure.Ended && failure.Code == CodeCanceled:
		return stop(StopCanceled)
	case failure.Ended && failure.Origin == OriginClient:
		return stop(StopDeadline)
	case s.Committed:
		return stop(StopCommitted)
	case s.Class == Never:
		return stop(StopNotRetryable)
	case !sendable || !Gate(s.Class, s.Policy, s.KeySent, failure):
		return stop(StopNotIdempotent)
	case failure.Hint != nil && failure.Hint.Kind == HintStop:
		return stop(StopPushback)
	case !s.Policy.Retry:
		return stop(StopAttempts)
	}
	if s.Class == NotSent {
		if !s.State.Transparent && (s.Tokens >= s.atOnceCost() || !s.Policy.WaitForReady) {
			return s.transparentRetry()
		}
		if s.Policy.WaitForReady {
			return s.waitForReady(random())
		}
	}
	return s.countedRetry(random)
}

func (s *Situation) countedRetry(random func() float64) Decision {
	if s.State.Attempts >= s.Policy.MaxAttempts {
		return stop(StopAttempts)
	}
	asked, isAsked := s.Failure.Hint.Delay()
	if isAsked && (asked > s.Policy.MaxServerDelayMs || asked >= s.RemainingMs) {
		return stop(StopServerDelay)
	}
	next := s.State
	next.Waits = 0
	next.Exponent++
	delayMs := asked
	if isAsked && s.Failure.Hint.Kind == HintPushback {
		next.Exponent = 0
	} else {
		delayMs = s.computedDelay(asked, isAsked, random())
	}
	cost := RetryCost(s.Budget, s.Class == Throttle)
	return s.paid(Decision{Retry: true, DelayMs: delayMs, Cost: cost, Next: next})
}

// Once per call, at once, and as cheap as after a throttle: the server did no work.
func (s *Situation) transparentRetry() Decision {
	next := s.uncounted()
	return s.paid(Decision{Retry: true, Cost: s.atOnceCost(), Transparent: true, Next: next})
}

// A server that cannot be reached has no load of it, so that it costs nothing. A wait that is longer than
// the call has gives way to one that leaves time to send.
func (s *Situation) waitForReady(u float64) Decision {
	capMs := min(s.Policy.MaxDelayMs, s.Constants.MaxReadyDelayMs)
	delayMs := backoff(u, capMs, s.Policy.BaseDelayMs, s.State.Waits)
	if !s.isInTime(delayMs) {
		delayMs = s.RemainingMs / 2
	}
	next := s.uncounted()
	next.Waits++
	// Something of the time passes with each, so that there is an end.
	return s.paid(Decision{Retry: true, DelayMs: max(1, delayMs), Transparent: true, Next: next})
}

// WaitsOut says whether a call that waits for a server has no time for another attempt. It ends as one that
// its deadline ended, whichever came about first (gRPC's wait for ready).
func WaitsOut(decision *Decision, s *Situation) bool {
	isLate := !decision.Retry && decision.StopReason == StopDeadline
	return isLate && s.Policy.WaitForReady && s.Class == NotSent
}

// The attempt that failed does not count, so the number goes back by one.
func (s *Situation) uncounted() RetryState {
	next := s.State
	next.Attempts--
	next.Transparent = true
	return next
}

func (s *Situation) atOnceCost() int64 { return RetryCost(s.Budget, true) }

func (s *Situation) isInTime(delayMs int64) bool {
	return delayMs < minus(s.RemainingMs, s.Constants.DeadlineMarginMs)
}

func (s *Situation) paid(retry Decision) Decision {
	if !s.isInTime(retry.DelayMs) {
		return stop(StopDeadline)
	}
	if s.Tokens < retry.Cost {
		return stop(StopBudget)
	}
	return retry
}

func stop(reason StopReason) Decision { return Decision{StopReason: reason} }

// Full jitter over an exponential base; a hint is a floor, still decorrelated.
func (s *Situation) computedDelay(asked int64, isAsked bool, u float64) int64 {
	base := s.Policy.BaseDelayMs
	if s.Class == Throttle {
		base = s.Policy.ThrottleDelayMs
	}
	computed := backoff(u, s.Policy.MaxDelayMs, base, s.State.Exponent)
	if !isAsked {
		return computed
	}
	share := float64(asked) / float64(s.Constants.HintJitterDivisor)
	jitter := math.Floor(u * math.Min(float64(s.Constants.HintJitterCapMs), share))
	return max(computed, asked+int64(jitter))
}

// Grows as a float64 does, so that no exponent is too large.
func backoff(u float64, capMs, baseMs, exponent int64) int64 {
	grown := float64(baseMs) * math.Pow(2, float64(exponent))
	return int64(math.Floor(u * math.Min(float64(capMs), grown)))
}

// Replay is what it depends on whether a refused credential is answered with a replay.
type Replay struct {
	Failure *Failure
	Policy  *Values
	State   RetryState
	KeySent bool
	// Replayed: the call has been replayed.
	Replayed  bool
	Input     InputState
	Committed bool
}

// MayReplayWithNewToken says whether a refused credential is answered with a replay: once per call, while an
// attempt is left, whatever the method's idempotency, since the server did not act; not where the answer says
// that the call is not to be sent again, and requireIdempotency wants more than that. It takes an attempt, but
// neither budget nor a wait.
func MayReplayWithNewToken(r *Replay) bool {
	isStop := r.Failure.Hint != nil && r.Failure.Hint.Kind == HintStop
	return r.Failure.Code == CodeUnauthenticated &&
		r.Failure.Origin == OriginServer &&
		!isStop &&
		!r.Failure.SentAgain &&
		r.Policy.Retry &&
		(!r.Policy.RequireIdempotency || isRepeatable(r.Policy, r.KeySent)) &&
		!r.Replayed &&
		!r.Committed &&
		r.Input != InputConsumed &&
		r.State.Attempts < r.Policy.MaxAttempts
}

// IsGetTooLong says whether a GET was refused as too long: by 414 (URI Too Long) or 431 (Request Header Fields
// Too Large), which a server may answer to a long address, too. Where anything is repeated it is sent again as
// POST, which takes no attempt, no budget and no wait.
func IsGetTooLong(failure *Failure, httpMethod string) bool {
	status := failure.HTTPStatus
	return (status == 414 || status == 431) && failure.Origin == OriginServer && httpMethod == "GET"
}
