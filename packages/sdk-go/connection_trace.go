package ameide

import (
	"context"
	"net/http/httptrace"
	"net/textproto"
	"sync"
)

// A connectionTrace tells the recording of a request what a user's own HTTP client says of its connection. It is made
// when it is asked for: an http.Transport asks, and whoever does not ask pays nothing.
type connectionTrace struct {
	once  sync.Once
	trace *httptrace.ClientTrace
}

// of is the trace for a request, together with the one that the caller's context may have.
func (t *connectionTrace) of(ctx context.Context, r *recording) *httptrace.ClientTrace {
	t.once.Do(func() {
		t.trace = httptrace.ContextClientTrace(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn:        func(string) { r.connects() },
			GotConn:        func(got httptrace.GotConnInfo) { r.connected(got.Conn.RemoteAddr()) },
			Got1xxResponse: func(int, textproto.MIMEHeader) error { r.informs(); return nil },
		}))
	})
	return t.trace
}

// traceKey is the key of httptrace in contexts, which it keeps to itself.
var traceKey = func() any {
	asked := new(askedKey)
	httptrace.ContextClientTrace(asked)
	return asked.key
}()

// An askedKey is a context that notes the key it was asked for.
type askedKey struct {
	context.Context
	key any
}

// Value notes a key.
func (a *askedKey) Value(key any) any {
	a.key = key
	return nil
}
