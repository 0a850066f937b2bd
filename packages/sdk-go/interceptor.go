package ameide

import (
	"context"

	"connectrpc.com/connect"
)

// An interceptor makes calls of a client's: it is the outermost of all.
type interceptor struct {
	client *clientContext
}

func newInterceptor(client *clientContext) connect.Interceptor {
	return &interceptor{client}
}

// WrapUnary makes a unary call with all its attempts.
func (i *interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		if refusal := i.client.lifetime.refusal(); refusal != nil {
			return nil, refusal
		}
		return runUnary(ctx, i.client, i.client.config.forCall(request.Spec()), next, request)
	}
}

// WrapStreamingClient makes a call of a streaming method.
func (i *interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		return &streamConn{newStreamCall(ctx, i.client, next, spec)}
	}
}

// WrapStreamingHandler leaves handlers alone.
func (*interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// An attemptInterceptor is the innermost, below the user's: it tells what they fail with from what is below them.
type attemptInterceptor struct {
	client *clientContext
}

func newAttemptInterceptor(client *clientContext) connect.Interceptor {
	return &attemptInterceptor{client}
}

// WrapUnary notes what an attempt failed with.
func (*attemptInterceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		a := attemptOf(ctx)
		if a == nil {
			return next(ctx, request)
		}
		a.call.plan.fillRequestIDAgain(request.Any())
		response, err := next(ctx, request)
		if err := a.inner(err); err != nil {
			return nil, err
		}
		return response, nil
	}
}

// WrapStreamingClient notes what an attempt failed with.
func (*attemptInterceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		if a := attemptOf(ctx); a != nil {
			return &attemptConn{conn, a}
		}
		return conn
	}
}

// WrapStreamingHandler leaves handlers alone.
func (*attemptInterceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// An attemptConn is the stream of an attempt below the user's interceptors.
type attemptConn struct {
	connect.StreamingClientConn
	attempt *attempt
}

// Send sends a message with the field filled that names the request.
func (c *attemptConn) Send(message any) error {
	c.attempt.call.plan.fillRequestIDAgain(message)
	return c.StreamingClientConn.Send(message)
}

// Receive notes what the attempt failed with.
func (c *attemptConn) Receive(message any) error {
	return c.attempt.innerOfStream(c.StreamingClientConn.Receive(message))
}
