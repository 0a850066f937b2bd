package ameide

import (
	"context"
	"strings"
	"sync/atomic"
)

type callSettingsKey struct{}

// WithCall returns a context that carries options for the calls made with it:
//
//	ctx = ameide.WithCall(ctx, ameide.WithTenant("acme"), ameide.WithTimeout(time.Second))
//	thread, err := threads.GetThread(ctx, request)
//
// They hold over the options of the client, and are checked when a call is made, before any I/O. Options that another
// WithCall put into ctx hold where these say nothing. Make it right at the call: a context flows down, to all calls
// that are made with it or with what is derived from it.
func WithCall(ctx context.Context, options ...CallOption) context.Context {
	var call settings
	call.apply(options)
	if outer := callSettings(ctx); outer != nil {
		call.fillFrom(outer)
	}
	return context.WithValue(ctx, callSettingsKey{}, &call)
}

// WithRequestID sets the call's x-request-id: 1 to 128 visible ASCII characters. Default a new UUIDv7.
func WithRequestID(id string) CallOption {
	return callOption(func(s *settings) { s.requestID = state(id) })
}

// WithIdempotencyKey sends the caller's own key: 1 to 255 printable ASCII characters. It stands for one operation: a
// key in a context that meets a second procedure is refused with CONFIG_INVALID. Making the same call with it again is
// what it is for. Default what [WithAutoIdempotencyKey] or [WithoutIdempotencyKey] says.
func WithIdempotencyKey(key string) CallOption {
	return callOption(func(s *settings) {
		s.idempotencyKey = state(key)
		s.key = new(keyUse)
	})
}

// callSettings are the options that WithCall put into a context; nil for none.
func callSettings(ctx context.Context) *settings {
	call, _ := ctx.Value(callSettingsKey{}).(*settings)
	return call
}

// fillFrom takes over what is stated by outer settings and not by these.
func (s *settings) fillFrom(outer *settings) {
	if !s.retry.is {
		s.retryOptions = outer.retryOptions
	}
	if !s.idempotencyKey.is {
		s.key = outer.key
	}
	theirs := outer.fields()
	for i, mine := range s.fields() {
		if !mine.isStated() {
			mine.take(theirs[i])
		}
	}
	s.bothLimit = s.bothLimit || outer.bothLimit
	s.wrong = append(s.wrong, outer.wrong...)
}

// A keyUse is the procedure that a caller's own key was used for.
type keyUse struct {
	procedure atomic.Pointer[string]
}

// claimKey binds the caller's own key to the first procedure that it is used for: a context flows down, and the key
// would be another call's, too.
func (s *settings) claimKey(procedure string) error {
	if s.key == nil || s.key.procedure.CompareAndSwap(nil, &procedure) {
		return nil
	}
	if used := *s.key.procedure.Load(); used != procedure {
		return configError("idempotencyKey", "is that of a call of "+used+", and its context has reached a call of "+
			procedure+"; put a key into the context of its own call alone")
	}
	return nil
}

func compareText(a, b string) int { return strings.Compare(a, b) }
