package ameide

import (
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// streamConn is a streamCall as Connect's streams see it.
type streamConn struct {
	call *streamCall
}

// Spec of the method.
func (c *streamConn) Spec() connect.Spec { return c.call.spec }

// Peer is whom the call is for.
func (c *streamConn) Peer() connect.Peer {
	client := c.call.client
	protocol := connect.ProtocolConnect
	switch client.protocol {
	case policy.GRPC:
		protocol = connect.ProtocolGRPC
	case policy.GRPCWeb:
		protocol = connect.ProtocolGRPCWeb
	}
	return connect.Peer{Addr: client.host, Protocol: protocol}
}

// RequestHeader are the caller's own headers. They count until the first message.
func (c *streamConn) RequestHeader() http.Header { return c.call.header }

// Send sends a message. Of a server stream it is the only one. The error is that of a call which cannot be made, or
// io.EOF where it has ended: then Receive has the error.
func (c *streamConn) Send(message any) error {
	s := c.call
	if s.spec.StreamType == connect.StreamTypeServer {
		s.turn <- struct{}{}
		defer s.release()
		return s.sendOnly(message)
	}
	if !s.awaitOpen() {
		return s.sendError()
	}
	for message != nil {
		o := s.current.Load()
		err := o.conn.Send(message)
		switch {
		case err == nil:
			return nil
		case s.isToEnd() || s.isOver():
			return io.EOF
		case !errors.Is(err, io.EOF) && o.attempt.Err() == nil:
			return FromError(err)
		case !s.awaitAnother(o):
			return io.EOF
		}
	}
	return nil
}

// CloseRequest says that no more messages will be sent.
func (c *streamConn) CloseRequest() error {
	s := c.call
	if s.spec.StreamType == connect.StreamTypeServer {
		return nil
	}
	s.sentAll.Store(true)
	if !s.awaitOpen() {
		return nil
	}
	_ = s.current.Load().conn.CloseRequest()
	return nil
}

// Receive waits for the next message. The error is io.EOF after the good end of the call, or an Error.
func (c *streamConn) Receive(message any) error {
	s := c.call
	s.turn <- struct{}{}
	defer s.release()
	return s.receive(message)
}

// ResponseHeader waits for the first message or the end of a server stream, and for the head of the answer of others.
func (c *streamConn) ResponseHeader() http.Header {
	return c.call.responseHeader()
}

// ResponseTrailer are the trailers of a call that has ended well.
func (c *streamConn) ResponseTrailer() http.Header {
	if o := c.call.current.Load(); o != nil {
		return o.conn.ResponseTrailer()
	}
	return http.Header{}
}

// CloseResponse ends the call at once. One that is left has ended well.
func (c *streamConn) CloseResponse() error {
	s := c.call
	if !s.isOver() {
		s.left.Store(true)
		s.cancelScope()
		s.settle()
	}
	return nil
}

// A refusedConn is the stream of an attempt that cannot be made.
type refusedConn struct {
	spec connect.Spec
	err  error
}

func (c *refusedConn) Spec() connect.Spec         { return c.spec }
func (*refusedConn) Peer() connect.Peer           { return connect.Peer{} }
func (c *refusedConn) Send(any) error             { return c.err }
func (*refusedConn) RequestHeader() http.Header   { return http.Header{} }
func (*refusedConn) CloseRequest() error          { return nil }
func (c *refusedConn) Receive(any) error          { return c.err }
func (*refusedConn) ResponseHeader() http.Header  { return http.Header{} }
func (*refusedConn) ResponseTrailer() http.Header { return http.Header{} }
func (*refusedConn) CloseResponse() error         { return nil }

// sendOnly begins a server stream. Whether its attempt goes well is told by Receive.
func (s *streamCall) sendOnly(message any) error {
	if !s.begin() {
		if s.refused != nil {
			return s.refused
		}
		return nil
	}
	s.message = message
	if filled := s.plan.withRequestID(message); filled != nil {
		s.message = filled
	}
	if s.isOpen() {
		go s.moveOnUntilShown()
	}
	return nil
}

// Until its first message a server stream is repeated like a unary call, whether or not somebody waits for it.
func (s *streamCall) moveOnUntilShown() {
	select {
	case <-s.shown:
	case <-s.ended:
	case s.turn <- struct{}{}:
		defer s.release()
		for !s.over && !s.isShown {
			s.moveOn(s.current.Load())
		}
	}
}

// What cannot be sent at all is told at once.
func (s *streamCall) sendError() error {
	if s.current.Load() == nil && s.err != nil {
		return s.err
	}
	return io.EOF
}

func (s *streamCall) isOver() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// awaitOpen begins the call and its first attempt, or waits until somebody has. False if the call is over.
func (s *streamCall) awaitOpen() bool {
	select {
	case <-s.opened:
		return !s.isOver()
	case <-s.ended:
		return false
	case s.turn <- struct{}{}:
		defer s.release()
		if !s.isOpen() {
			return false
		}
		go s.repeatUntilAnswered()
		return true
	}
}

// What is not sent is repeated, whether or not the caller sends or receives meanwhile.
func (s *streamCall) repeatUntilAnswered() {
	for o := s.current.Load(); s.awaitAnother(o); {
		o = s.current.Load()
	}
}

// awaitAnother waits for the attempt that follows one which took no message. False if there is none.
func (s *streamCall) awaitAnother(o *openedStream) bool {
	// The HTTP client lets go of the request before it says why.
	_ = o.conn.ResponseHeader()
	select {
	case <-o.replaced:
		return !s.isOver()
	case <-s.ended:
		return false
	case s.turn <- struct{}{}:
		defer s.release()
		if s.current.Load() != o || s.over {
			return !s.over
		}
		failure := o.attempt.recording().failureBefore()
		if failure == nil {
			return false
		}
		s.onEnd(o, o.attempt.inner(connect.NewError(connect.CodeUnavailable, failure)))
		return !s.over
	}
}

// responseHeader moves the call on until there is a head to show.
func (s *streamCall) responseHeader() http.Header {
	isServer := s.spec.StreamType == connect.StreamTypeServer
	for s.awaitOpen() {
		o := s.current.Load()
		if !isServer {
			header := o.conn.ResponseHeader()
			if s.mayShow(o) {
				return header
			}
		}
		select {
		case <-s.shown:
			return s.current.Load().conn.ResponseHeader()
		case <-o.replaced:
		case <-s.ended:
		case s.turn <- struct{}{}:
			s.moveOn(o)
			s.release()
		}
	}
	// What failed before there was anything to show has shown nothing: its error has the headers.
	o := s.current.Load()
	if o != nil && (s.wasShown() || !isServer && s.mayShow(o)) {
		return o.conn.ResponseHeader()
	}
	return http.Header{}
}

// mayShow says whether there is an answer, and for our tenant.
func (s *streamCall) mayShow(o *openedStream) bool {
	r := o.attempt.recording()
	return r.isAnswer() && !(s.plan.observed == nil && s.plan.isOfOther(r.response.Header))
}

func (s *streamCall) wasShown() bool {
	select {
	case <-s.shown:
		return true
	default:
		return false
	}
}

// moveOn waits for the first message of an attempt, without reading it, or takes up its end.
func (s *streamCall) moveOn(o *openedStream) {
	if s.over || s.current.Load() != o {
		return
	}
	if !s.checkTenant(o) {
		return
	}
	if o.err == nil && o.attempt.recording().hasMessage() {
		s.kept = o.attempt.recording().ahead
		s.show()
		s.limitWait(false)
		return
	}
	s.onEnd(o, s.read(o, noMessage()))
}
