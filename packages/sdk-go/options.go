package ameide

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// An Option configures a [Transport], and what is derived from it. What options leave open comes, in this order,
// from the environment, the policy document, the options of the proto, the preset and the built-in defaults.
type Option interface {
	applyToClient(*clientOptions)
}

// A CallOption configures a single call: see [WithCall]. It holds over all options of the client.
type CallOption interface {
	applyToCall(*settings)
}

// A Setting is an option of a client, of some of its methods ([WithMethod]), and of a single call ([WithCall]).
type Setting interface {
	Option
	CallOption
}

type setting func(*settings)

func (s setting) applyToClient(options *clientOptions) { s(&options.settings) }
func (s setting) applyToCall(call *settings)           { s(call) }

type callOption func(*settings)

func (o callOption) applyToCall(call *settings) { o(call) }

// settings are what one level states for the calls it is for.
type settings struct {
	auth                stated[*Auth]   // nil: no credential
	tenant              stated[*string] // nil: none
	timeout             stated[time.Duration]
	attemptTimeout      stated[time.Duration]
	firstMessageTimeout stated[time.Duration]
	idleTimeout         stated[time.Duration]
	retry               stated[bool] // false: off
	retryOptions        retryOptions
	waitForReady        stated[bool]
	headers             stated[[]header]
	idempotencyKey      stated[string] // keyAuto, keyOff, or the caller's own
	deadlineFrom        stated[context.Context]
	requestID           stated[string]

	key       *keyUse // of the context that has the caller's own key
	bothLimit bool    // a timeout and no deadline
	wrong     []fault // what was given is no option at all
}

// noNil is the rule for lists of options.
const noNil = "must have no nil in its list"

// applyAll applies options of an option. What is none is a fault of the settings.
func applyAll[T any, O ~func(*T)](options []O, into *T, of *settings, name string) {
	for _, option := range options {
		if option == nil {
			of.wrong = append(of.wrong, fault{option: name, rule: noNil})
		} else {
			option(into)
		}
	}
}

func (s *settings) apply(options []CallOption) {
	for _, option := range options {
		if isNil(option) {
			s.wrong = append(s.wrong, fault{option: "options", rule: noNil})
		} else {
			option.applyToCall(s)
		}
	}
}

// A header is one of the user's, its name as it was given.
type header struct {
	name, value string
}

// retryOptions are the values of WithRetry.
type retryOptions struct {
	maxAttempts        stated[int]
	baseDelay          stated[time.Duration]
	throttleDelay      stated[time.Duration]
	maxDelay           stated[time.Duration]
	maxServerDelay     stated[time.Duration]
	retryableCodes     stated[[]string]
	requireIdempotency stated[bool]
}

const (
	keyAuto = "auto"
	keyOff  = "off"
)

// noLimit is the duration of no limit at all.
const noLimit time.Duration = math.MaxInt64

// durationMs is a duration in whole milliseconds, the rest cut off.
func durationMs(d time.Duration) int64 {
	if d == noLimit {
		return policy.NoLimit
	}
	return d.Milliseconds()
}

// fields are all of settings but those of retryOptions, always in one order.
func (s *settings) fields() []field {
	return []field{
		&s.auth, &s.tenant, &s.timeout, &s.attemptTimeout, &s.firstMessageTimeout, &s.idleTimeout, &s.retry,
		&s.waitForReady, &s.headers, &s.idempotencyKey, &s.deadlineFrom, &s.requestID,
	}
}

func (r *retryOptions) fields() []field {
	return []field{
		&r.maxAttempts, &r.baseDelay, &r.throttleDelay, &r.maxDelay, &r.maxServerDelay, &r.retryableCodes,
		&r.requireIdempotency,
	}
}

// WithAuth sets how calls are authenticated: [BearerToken], [StaticKey] or [Provider]. Default none.
func WithAuth(auth *Auth) Setting {
	return setting(func(s *settings) {
		if s.auth = state(auth); auth == nil {
			s.wrong = append(s.wrong, fault{option: "auth", rule: "must be no nil; WithoutAuth() sends no credential"})
		}
	})
}

// WithoutAuth sends no credential, not even that of a wider level.
func WithoutAuth() Setting {
	return setting(func(s *settings) { s.auth = state[*Auth](nil) })
}

// WithTenant sets the tenant: 1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit. Default AMEIDE_TENANT, for
// the origin of AMEIDE_BASE_URL, else none.
func WithTenant(tenant string) Setting {
	return setting(func(s *settings) { s.tenant = state(&tenant) })
}

// WithoutTenant sends no tenant, not even that of a wider level.
func WithoutTenant() Setting {
	return setting(func(s *settings) { s.tenant = state[*string](nil) })
}

// WithTimeout sets the overall deadline of a call, greater than 0. Default 30 s for unary calls, none for streams. A
// deadline of the call's own context replaces defaults, environment, document and proto; of one that is set here and
// the context's the smaller holds. Excludes [NoDeadline].
//
// As of all durations, fractions of a millisecond are cut off. With less than 1 ms nothing is sent, and no token asked
// for: the call ends at once in deadline_exceeded.
func WithTimeout(timeout time.Duration) Setting {
	return setting(func(s *settings) {
		s.bothLimit = s.bothLimit || s.timeout.value == noLimit
		s.timeout = state(min(timeout, noLimit-1))
	})
}

// NoDeadline lets calls take any time: they have no deadline but that of their context. Excludes [WithTimeout].
func NoDeadline() Setting {
	return setting(func(s *settings) {
		s.bothLimit = s.bothLimit || s.timeout.is && s.timeout.value != noLimit
		s.timeout = state(noLimit)
	})
}

// WithAttemptTimeout sets the longest time of one attempt of a unary call while another may follow, greater than 0.
// Less than 1 ms ends a call as [WithTimeout] does. Default 10 s.
func WithAttemptTimeout(timeout time.Duration) Setting {
	return setting(func(s *settings) { s.attemptTimeout = state(timeout) })
}

// WithFirstMessageTimeout sets the longest wait for the first message of a server stream, for each attempt, greater
// than 0. Less than 1 ms is no time at all. Default 30 s; none where the proto says long_lived.
func WithFirstMessageTimeout(timeout time.Duration) Setting {
	return setting(func(s *settings) { s.firstMessageTimeout = state(timeout) })
}

// WithIdleTimeout sets the longest wait for each further message of a server or bidi stream, greater than 0. Less than
// 1 ms is no time at all. Default 60 s; none where the proto says long_lived.
func WithIdleTimeout(timeout time.Duration) Setting {
	return setting(func(s *settings) { s.idleTimeout = state(timeout) })
}

// A RetryOption is a value of [WithRetry].
type RetryOption func(*retryOptions)

// WithRetry sets when and how failed attempts are retried, and ends a [WithoutRetry] of a wider level. Values that
// are not given are those of the next level. Default on, with the defaults of its values.
func WithRetry(options ...RetryOption) Setting {
	return setting(func(s *settings) {
		s.retry = state(true)
		applyAll(options, &s.retryOptions, s, "retry")
	})
}

// WithoutRetry makes one attempt alone: nothing is repeated, not even what was never sent.
func WithoutRetry() Setting {
	return setting(func(s *settings) {
		s.retry = state(false)
		s.retryOptions = retryOptions{}
	})
}

// MaxAttempts is the number of attempts of one call, the first included, 1 to 5. Default 3.
func MaxAttempts(attempts int) RetryOption {
	return func(r *retryOptions) { r.maxAttempts = state(attempts) }
}

// BaseDelay is the base of the exponential backoff, at least 1 ms. Default 50 ms.
func BaseDelay(delay time.Duration) RetryOption {
	return func(r *retryOptions) { r.baseDelay = state(delay) }
}

// ThrottleDelay is the base of the backoff after a throttle, at least 1 ms. Default 1 s.
func ThrottleDelay(delay time.Duration) RetryOption {
	return func(r *retryOptions) { r.throttleDelay = state(delay) }
}

// MaxDelay caps the computed backoff, at least 1 ms. Default 20 s.
func MaxDelay(delay time.Duration) RetryOption {
	return func(r *retryOptions) { r.maxDelay = state(delay) }
}

// MaxServerDelay is the longest wait a server may ask for, at least 1 ms. Default 60 s.
func MaxServerDelay(delay time.Duration) RetryOption {
	return func(r *retryOptions) { r.maxServerDelay = state(delay) }
}

// RetryableCodes are codes that are retried beyond the standard ones, where the method may be repeated: constants of
// package connect, or words in its spelling ("aborted"). Default none.
func RetryableCodes[C connect.Code | string](codes ...C) RetryOption {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = fmt.Sprint(code)
	}
	return func(r *retryOptions) { r.retryableCodes = state(names) }
}

// RequireIdempotency allows no second execution without proof: a method that states no idempotency level and carries
// no key is repeated only where nothing was sent. No server can ask for more, and a refused token is not followed by
// a replay. Default false.
func RequireIdempotency(require bool) RetryOption {
	return func(r *retryOptions) { r.requireIdempotency = state(require) }
}

// WithWaitForReady makes a call go on until its deadline while nothing of it was sent, because no connection comes
// about or the server refuses before it reads, also beyond [MaxAttempts]; a call without a deadline goes on until it
// is canceled. Not with [WithoutRetry]. Default false, or what the proto says by wait_for_ready. The term is gRPC's.
func WithWaitForReady(wait bool) Setting {
	return setting(func(s *settings) { s.waitForReady = state(wait) })
}

// WithHeader adds a header to those of wider levels, or replaces the one of this name. Names of the SDK, the protocol
// or the connection are refused, and values that are not printable ASCII on one line. Default none.
func WithHeader(name, value string) Setting {
	return setting(func(s *settings) {
		s.headers = state(append(slices.Clone(s.headers.value), header{name, value}))
	})
}

// WithHeaders adds headers as [WithHeader] does. An empty map says that there are none: what a client that is derived
// for another origin has to say of its parent's.
func WithHeaders(headers map[string]string) Setting {
	added := make([]header, 0, len(headers))
	for name, value := range headers {
		added = append(added, header{name, value})
	}
	slices.SortFunc(added, func(a, b header) int { return compareText(a.name, b.name) })
	return setting(func(s *settings) {
		s.headers = state(append(slices.Clone(s.headers.value), added...))
	})
}

// WithAutoIdempotencyKey sends a key of the SDK's own, a UUIDv4 for each call, where the proto of the method asks for
// one. This is the default.
func WithAutoIdempotencyKey() Setting {
	return setting(func(s *settings) { s.idempotencyKey = state(keyAuto) })
}

// WithoutIdempotencyKey sends no key of the SDK's own.
func WithoutIdempotencyKey() Setting {
	return setting(func(s *settings) { s.idempotencyKey = state(keyOff) })
}

// WithDeadlineFrom takes the deadline of the request being served, which is its context's: the call's own ends 5 ms
// before, and the default holds where it is smaller. Without it, a deadline of the call's context replaces the
// default. A context without a deadline sets none.
func WithDeadlineFrom(served context.Context) Setting {
	return setting(func(s *settings) { s.deadlineFrom = state(served) })
}
