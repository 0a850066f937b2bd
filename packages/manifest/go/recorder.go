package main

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
)

// A recorder is an interceptor that keeps what the last call asked for, and fails the call instead of sending it.
type recorder struct {
	last connect.Spec
}

var errRecorded = connect.NewError(connect.CodeUnimplemented, errors.New("recorded, not sent"))

func (r *recorder) WrapUnary(connect.UnaryFunc) connect.UnaryFunc {
	return func(_ context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		r.last = request.Spec()
		return nil, errRecorded
	}
}

func (r *recorder) WrapStreamingClient(connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(_ context.Context, spec connect.Spec) connect.StreamingClientConn {
		r.last = spec
		return unsent{spec: spec}
	}
}

func (r *recorder) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// An unsent stream fails whatever is done with it.
type unsent struct {
	spec connect.Spec
}

func (u unsent) Spec() connect.Spec         { return u.spec }
func (unsent) Peer() connect.Peer           { return connect.Peer{} }
func (unsent) Send(any) error               { return errRecorded }
func (unsent) RequestHeader() http.Header   { return http.Header{} }
func (unsent) CloseRequest() error          { return errRecorded }
func (unsent) Receive(any) error            { return errRecorded }
func (unsent) ResponseHeader() http.Header  { return http.Header{} }
func (unsent) ResponseTrailer() http.Header { return http.Header{} }
func (unsent) CloseResponse() error         { return errRecorded }
