package ameidetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
)

// NewRoundTripper makes an HTTP client that calls a handler in this process, as HTTP/2 does: requests and answers are
// streamed both ways, and trailers follow. What a handler writes is kept until the client reads it. A handler that
// panics breaks off its answer, as a server's does.
func NewRoundTripper(handler http.Handler) http.RoundTripper {
	return &memoryClient{handler}
}

type memoryClient struct {
	handler http.Handler
}

// RoundTrip calls the handler in a goroutine, which ends when the handler returns.
func (c *memoryClient) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	answer := newAnswer(request, cancel)
	served := request.Clone(ctx)
	served.Proto, served.ProtoMajor, served.ProtoMinor = "HTTP/2.0", 2, 0
	served.Host = request.URL.Host
	served.RemoteAddr = "memory"
	served.RequestURI = request.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	// A handler that reads does not outlast the call.
	unblock := context.AfterFunc(ctx, func() {
		_ = served.Body.Close()
		answer.body.end(context.Cause(ctx))
	})
	go func() {
		defer cancel(errAnswered)
		defer unblock()
		answer.finish(c.call(answer, served))
		_ = served.Body.Close()
	}()
	select {
	case <-answer.begun:
		return answer.response, nil
	case <-answer.broken:
		return nil, io.EOF
	case <-ctx.Done():
		// The handler may have answered at the same time.
		select {
		case <-answer.begun:
			return answer.response, nil
		default:
			return nil, context.Cause(ctx)
		}
	}
}

var (
	errAnswered = errors.New("the handler has returned")
	errLeft     = errors.New("the client has closed the body of the answer")
)

func (c *memoryClient) call(answer *answer, request *http.Request) (panicked bool) {
	defer func() {
		if reason := recover(); reason != nil {
			panicked = true
			if reason != http.ErrAbortHandler {
				log.Printf("ameidetest: the handler panicked: %v\n%s", reason, debug.Stack())
			}
		}
	}()
	c.handler.ServeHTTP(answer, request)
	return false
}

// An answer is what a handler writes, and what its client reads.
type answer struct {
	request  *http.Request
	header   http.Header
	body     *body
	response *http.Response
	// Closed when there is a response, or when there will be none.
	begun, broken chan struct{}
	declared      []string
}

func newAnswer(request *http.Request, leave context.CancelCauseFunc) *answer {
	made := &answer{request: request, header: http.Header{}, begun: make(chan struct{}), broken: make(chan struct{})}
	made.body = &body{leave: func() { leave(errLeft) }}
	made.body.changed.L = &made.body.mu
	return made
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.response != nil || status < http.StatusOK {
		return
	}
	header := a.header.Clone()
	for _, names := range header.Values("Trailer") {
		for name := range strings.SplitSeq(names, ",") {
			a.declared = append(a.declared, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
	header.Del("Trailer")
	for name := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			delete(header, name)
		}
	}
	a.response = &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/2.0", ProtoMajor: 2,
		Header: header, Body: a.body, ContentLength: -1, Trailer: http.Header{}, Request: a.request,
	}
	close(a.begun)
}

func (a *answer) Write(bytes []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.write(bytes)
}

// Flush sends the head: the body is never held back.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

func (a *answer) finish(panicked bool) {
	if panicked {
		if a.response == nil {
			close(a.broken)
			return
		}
		a.body.end(io.ErrUnexpectedEOF)
		return
	}
	// Nobody is there for what a handler leaves unsaid once its call has ended.
	if a.response == nil && a.request.Context().Err() != nil {
		return
	}
	a.WriteHeader(http.StatusOK)
	for _, name := range a.declared {
		if values := a.header[name]; len(values) > 0 {
			a.response.Trailer[name] = values
		}
	}
	for name, values := range a.header {
		if trailer, is := strings.CutPrefix(name, http.TrailerPrefix); is {
			a.response.Trailer[http.CanonicalHeaderKey(trailer)] = values
		}
	}
	a.body.end(io.EOF)
}

// A body of any size, which is written and read by two goroutines.
type body struct {
	leave func()

	mu      sync.Mutex
	changed sync.Cond
	bytes   []byte
	err     error // why it has ended
	left    bool
}

func (b *body) write(bytes []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, io.ErrClosedPipe
	}
	b.bytes = append(b.bytes, bytes...)
	b.changed.Broadcast()
	return len(bytes), nil
}

// end lets the reader know once it has read what was written; the first reason holds. A call that has ended reads no
// more at once.
func (b *body) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		b.bytes = nil
	}
	b.err = err
	b.changed.Broadcast()
}

func (b *body) Read(into []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.bytes) == 0 && b.err == nil && !b.left {
		b.changed.Wait()
	}
	switch {
	case b.left:
		return 0, http.ErrBodyReadAfterClose
	case len(b.bytes) > 0:
		n := copy(into, b.bytes)
		b.bytes = b.bytes[n:]
		return n, nil
	default:
		return 0, b.err
	}
}

func (b *body) Close() error {
	b.mu.Lock()
	b.left = true
	b.changed.Broadcast()
	b.mu.Unlock()
	b.leave()
	return nil
}
