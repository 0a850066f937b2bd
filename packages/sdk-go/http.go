package ameide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// connections are those to one origin, made with the same settings. They follow no redirect, send no request again by
// themselves, and know no cookies.
type connections struct {
	pool pool
}

// A pool sends requests over connections of its own.
type pool interface {
	send(request *sending) (*http.Response, error)
	// letGo: no further call comes; connections end with the calls that they have.
	letGo()
	// close ends all calls at once.
	close(reason error)
}

// A sending is a request on its way to a connection.
type sending struct {
	*http.Request
	recording *recording
	// lost is when an attempt of the call lost its connection; nil outside of a call.
	lost *lostConnection
	// bothWays: the call streams both ways.
	bothWays bool
	// message is the body of a request that is one message; nil where it is streamed.
	message *[]byte
}

// begin is called when the request is handed to a connection. Of a message that net/http knows to be in memory it writes
// the head and the body at once.
func (s *sending) begin() {
	if s.message == nil {
		return
	}
	s.recording.asks()
	s.Body = http.NoBody
	if len(*s.message) > 0 {
		s.Body = io.NopCloser(bytes.NewReader(*s.message))
	}
}

// A lostConnection is when an attempt of a call lost its connection. Older ones may be about to end, too, or lead where
// nothing comes back.
type lostConnection struct{ at atomic.Pointer[time.Time] }

func (l *lostConnection) note() {
	now := time.Now()
	l.at.Store(&now)
}

// since is when; zero for never.
func (l *lostConnection) since() time.Time {
	if at := l.at.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// newConnections makes a pool of connections. warn is told of what whoever runs the client should know.
func newConnections(settings connectionSettings, warn func(text string, fields ...any)) *connections {
	dialer := newDialer(settings)
	switch settings.version {
	case HTTP1:
		return &connections{newHTTP1Pool(settings, dialer, dialer.dial, warn)}
	case HTTP2:
		return &connections{newHTTP2Pool(settings, dialer, dialer.dial)}
	default:
		return &connections{newNegotiatedPool(settings, dialer, warn)}
	}
}

// RoundTrip sends a request, as soon as there is a connection for it.
func (c *connections) RoundTrip(request *http.Request) (*http.Response, error) {
	s := &sending{Request: request, recording: recordingOf(request.Context()), lost: new(lostConnection)}
	if s.recording == nil {
		s.recording = new(recording)
	}
	if a := attemptOf(request.Context()); a != nil {
		s.lost = &a.call.lost
		s.bothWays = a.call.plan.method.method.kind == policy.BidiStreaming
	}
	if body, ok := request.Body.(*sentBody); ok && body.streamed == nil {
		s.message = &body.message
	}
	s.Request = request.WithContext(httptrace.WithClientTrace(request.Context(), countInterimHeads(s.recording)))
	// Package net/http sends a request again by itself where it can (and one with an idempotency-key header whatever its
	// method), in the middle of what this package decides.
	s.GetBody = nil
	return c.pool.send(s)
}

func (c *connections) letGo() { c.pool.letGo() }
func (c *connections) close() { c.pool.close(errors.New("the client is closed")) }

// Those that servers send while they work come seconds apart.
const mostHeads = 100

// countInterimHeads counts the heads (1xx) that come before an answer, which have no bound in HTTP.
func countInterimHeads(recording *recording) *httptrace.ClientTrace {
	count := 0
	return &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
		recording.informs()
		if count++; count > mostHeads {
			return fmt.Errorf("more than %d heads (1xx) came before the answer", mostHeads)
		}
		return nil
	}}
}

type connKey struct{}

// Both take the connection they are given, and pool nothing.
var (
	http1Transport = transportOver(func(protocols *http.Protocols) { protocols.SetHTTP1(true) })
	http2Transport = transportOver(func(protocols *http.Protocols) { protocols.SetUnencryptedHTTP2(true) })
)

const (
	streamWindowBytes     = 1 << 20
	connectionWindowBytes = 16 * streamWindowBytes
)

func transportOver(speak func(*http.Protocols)) *http.Transport {
	protocols := new(http.Protocols)
	speak(protocols)
	return &http.Transport{
		Protocols: protocols,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ctx.Value(connKey{}).(net.Conn), nil
		},
		DisableCompression: true,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream:     streamWindowBytes,
			MaxReceiveBufferPerConnection: connectionWindowBytes,
		},
	}
}

// clientConn speaks HTTP over a connection that stands, TLS included.
func clientConn(transport *http.Transport, conn net.Conn) (*http.ClientConn, error) {
	ctx := context.WithValue(context.Background(), connKey{}, conn)
	return transport.NewClientConn(ctx, "http", "connection:80")
}

// endOfBody tells when an answer is over.
type endOfBody struct {
	io.ReadCloser
	// broke is called once where reading fails, and gives what is to be said.
	broke func(err error) error
	// ended is called once.
	ended func()
	over  atomic.Bool
	// stop stops waiting for the end of the context; nil where nobody does.
	stop func() bool
}

// endWith ends it with a context, too: what a caller forgets is not read, nor closed.
func (b *endOfBody) endWith(ctx context.Context) {
	b.stop = context.AfterFunc(ctx, b.end)
}

func (b *endOfBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.broke(err)
	}
	if err != nil {
		b.done()
	}
	return n, err
}

func (b *endOfBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}

func (b *endOfBody) end() {
	if b.over.CompareAndSwap(false, true) {
		b.ended()
	}
}

// done ends it, and waits for the context no more.
func (b *endOfBody) done() {
	if b.stop != nil {
		b.stop()
	}
	b.end()
}

// failIfSwitched refuses an answer in another protocol, which nobody has asked for, and what is no status of an answer.
func failIfSwitched(response *http.Response) error {
	if response.StatusCode >= 200 {
		return nil
	}
	_ = response.Body.Close()
	return &connectionError{kind: kindOther, text: "the server switched to another protocol"}
}
