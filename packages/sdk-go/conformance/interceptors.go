package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"connectrpc.com/connect"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// interceptor is one of a user.
type interceptor struct {
	given *pb.Interceptor
	on    *providers
}

// WrapUnary does what the case says before it hands a request on.
func (i *interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		if !i.actsAt(ctx) {
			return next(ctx, request)
		}
		if err := i.act(ctx, request); err != nil {
			return nil, err
		}
		switch message := request.Any().(type) {
		case *pb.ConformanceRequest:
			if i.given.GetText() != "" {
				message.Text = i.given.GetText()
			}
		case *pb.ConformanceRequestWithId:
			if i.given.GetText() != "" {
				message.Text = i.given.GetText()
			}
			if i.given.GetEmptiesRequestId() {
				message.RequestId = ""
			}
		}
		if err := i.on.perform(i.given.GetDoes()); err != nil {
			return nil, err
		}
		return next(ctx, request)
	}
}

// WrapStreamingClient does what the case says before the first message of a stream goes out: the
// outermost interceptor first.
func (i *interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		if !i.actsAt(ctx) {
			return conn
		}
		return &interceptedConn{StreamingClientConn: conn, act: sync.OnceValue(func() error {
			if err := i.act(ctx, requestHeaders{conn}); err != nil {
				return err
			}
			return i.on.perform(i.given.GetDoes())
		})}
	}
}

// WrapStreamingHandler is of servers.
func (i *interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

func (i *interceptor) actsAt(ctx context.Context) bool {
	only := int(i.given.GetAttempt())
	info, _ := ameide.AttemptInfoFrom(ctx)
	return only == 0 || only == info.Attempt
}

// act changes the headers of a request, or fails.
func (i *interceptor) act(ctx context.Context, request interface{ Header() http.Header }) error {
	header := request.Header()
	if name := i.given.GetAppend(); name != "" {
		header.Add("X-Seen", name)
	}
	if i.given.GetAttemptInfo() {
		info, _ := ameide.AttemptInfoFrom(ctx)
		header.Set("X-Attempt", strconv.Itoa(info.Attempt))
		header.Set("X-Remaining-Ms", strconv.FormatInt(info.Remaining.Milliseconds(), 10))
	}
	if i.given.GetThrow() {
		err := errors.New("the interceptor throws, as the case says")
		if code, known := codeNamed(i.given.GetThrowCode()); known {
			return connect.NewError(code, err)
		}
		return err
	}
	for name, value := range i.given.GetHeaders() {
		header.Set(name, value)
	}
	for _, name := range i.given.GetRemoves() {
		header.Del(name)
	}
	return nil
}

// requestHeaders has the headers of the request of a stream.
type requestHeaders struct{ connect.StreamingClientConn }

// Header has the headers of the request.
func (r requestHeaders) Header() http.Header { return r.RequestHeader() }

// interceptedConn is a stream whose interceptor acts before anything of it is sent, and may fail it.
type interceptedConn struct {
	connect.StreamingClientConn
	act func() error
}

// Send sends a message.
func (c *interceptedConn) Send(message any) error {
	if err := c.act(); err != nil {
		return err
	}
	return c.StreamingClientConn.Send(message)
}

// Receive receives a message.
func (c *interceptedConn) Receive(message any) error {
	if err := c.act(); err != nil {
		return err
	}
	return c.StreamingClientConn.Receive(message)
}

// CloseRequest ends the messages of the client.
func (c *interceptedConn) CloseRequest() error {
	if err := c.act(); err != nil {
		return err
	}
	return c.StreamingClientConn.CloseRequest()
}
