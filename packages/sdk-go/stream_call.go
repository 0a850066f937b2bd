package ameide

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A streamCall is one call of a streaming method, as Connect's streams use it. Until its first message is there it is
// repeated like a unary call; a bidi stream shows its headers at once, and is not repeated from then on.
//
// Whoever has the turn moves the call on: who sends the first message, who receives, who asks for headers, or nobody
// that waits, where a limit or the caller ends the call.
type streamCall struct {
	baseCall
	spec connect.Spec
	next connect.StreamingClientFunc
	// Those of the caller, until the first attempt.
	header http.Header
	turn   chan struct{}
	// The attempt under way, or the last one.
	current atomic.Pointer[openedStream]
	// Closed with the first attempt, with what there is to show, and with the end of the call.
	opened, shown, ended chan struct{}
	// The caller wants no more.
	left atomic.Bool
	// The caller sends no more.
	sentAll atomic.Bool

	// The rest belongs to whoever has the turn.
	begun      bool
	refused    *Error
	message    any
	unregister func() bool
	isShown    bool
	// Messages of the answer that Connect has read.
	came int
	// The first message as it came, until the caller asks for it.
	kept []byte
	// Since when it waits for what it waits for now, and whether somebody waits for a message.
	since   time.Time
	waiting bool
}

// An openedStream is an attempt that Connect has a stream for.
type openedStream struct {
	attempt *attempt
	conn    connect.StreamingClientConn
	// Why nothing could be sent.
	err error
	// Closed when another attempt follows.
	replaced chan struct{}
	// The tenant of its answer is known to be ours.
	isForUs bool
}

func newStreamCall(
	ctx context.Context, client *clientContext, next connect.StreamingClientFunc, spec connect.Spec,
) *streamCall {
	s := &streamCall{
		spec:   spec,
		next:   next,
		header: make(http.Header),
		turn:   make(chan struct{}, 1),
		opened: make(chan struct{}),
		shown:  make(chan struct{}),
		ended:  make(chan struct{}),
	}
	s.ctx, s.client, s.kind = ctx, client, s
	return s
}

// begin makes the plan of the call, once. False if the call is over.
func (s *streamCall) begin() bool {
	if s.begun {
		return !s.over
	}
	s.begun = true
	if refusal := s.refusal(); refusal != nil {
		s.refused, s.err, s.over = refusal, refusal, true
		close(s.ended)
		return false
	}
	if s.start() {
		s.unregister = context.AfterFunc(s.ctx, s.settle)
	}
	return !s.over
}

func (s *streamCall) refusal() *Error {
	if refusal := s.client.lifetime.refusal(); refusal != nil {
		return refusal
	}
	method := s.client.config.forCall(s.spec)
	if method.method.kind == policy.BidiStreaming && s.client.isHTTP1() {
		return unstreamable(method.name + " streams both ways, and HTTP/1.1 cannot; give WithHTTPVersion(HTTP2)")
	}
	return FromError(s.prepare(s.ctx, s.client, method, s.header, s))
}

// open begins an attempt. False if the call is over.
func (s *streamCall) open() bool {
	a := s.nextAttempt()
	if a == nil {
		return false
	}
	conn := s.connFor(a)
	addHeaders(conn.RequestHeader(), s.header)
	if s.client.hasInterceptors {
		s.plan.writeEarly(conn.RequestHeader())
	}
	o := &openedStream{attempt: a, conn: conn, replaced: make(chan struct{})}
	before := s.current.Swap(o)
	// Nobody else may send before: Connect takes one message at a time.
	if before == nil {
		defer close(s.opened)
	} else {
		defer close(before.replaced)
	}
	o.err = conn.Send(s.message)
	if s.plan.shape.replays || s.sentAll.Load() {
		if err := conn.CloseRequest(); o.err == nil {
			o.err = err
		}
	}
	if errors.Is(o.err, io.EOF) {
		o.err = nil
	}
	return true
}

func (s *streamCall) connFor(a *attempt) connect.StreamingClientConn {
	conn := s.next(a, s.spec)
	if isNil(conn) {
		return &refusedConn{s.spec, errNoAnswer}
	}
	if refused := s.plan.shape.refuse(conn.RequestHeader()); refused != nil {
		return &refusedConn{s.spec, refused}
	}
	return conn
}

// isOpen begins the call and its first attempt. False if the call is over.
func (s *streamCall) isOpen() bool {
	return s.begin() && (s.current.Load() != nil || s.open())
}

// receive moves the call on until it has a message, its end or its error.
func (s *streamCall) receive(message any) error {
	if s.over && s.kept != nil && !s.left.Load() {
		return s.unpackKept(message)
	}
	for s.isOpen() {
		o := s.current.Load()
		s.limitWait(true)
		s.kept = nil
		err := s.read(o, message)
		if err == nil && s.ending() == nil {
			s.onMessage()
			return nil
		}
		s.onEnd(o, err)
	}
	return s.outcome()
}

// onEnd takes up that an attempt has ended, well or not.
func (s *streamCall) onEnd(o *openedStream, err error) {
	s.committed = s.committed || s.kept != nil
	switch {
	case s.over:
	case s.left.Load() || (errors.Is(err, io.EOF) && s.ending() == nil):
		s.show()
		s.succeed()
	case s.failed(o.attempt, err):
		_ = o.conn.CloseRequest()
		_ = o.conn.CloseResponse()
		if s.left.Load() {
			s.show()
			s.succeed()
		} else {
			s.open()
		}
	}
}

// read reads of an attempt. The error is io.EOF after its good end.
func (s *streamCall) read(o *openedStream, message any) error {
	if !s.checkTenant(o) {
		return s.err
	}
	err := o.err
	if err == nil {
		err = o.conn.Receive(message)
	}
	if !s.client.hasInterceptors {
		err = o.attempt.innerOfStream(err)
	}
	if s.spec.StreamType == connect.StreamTypeClient {
		err = s.oneMessage(o, err)
	}
	return err
}

// checkTenant waits for the head of an answer, and ends the call if it is for another tenant.
func (s *streamCall) checkTenant(o *openedStream) bool {
	if o.isForUs || o.err != nil {
		return true
	}
	_ = o.conn.ResponseHeader()
	if recording := o.attempt.recording(); !recording.isAnswer() || recording.isPackedUnasked() {
		return true
	}
	o.isForUs = true
	return s.isForUs(o.attempt.recording().response.Header)
}

// A client stream has one message as its answer.
func (s *streamCall) oneMessage(o *openedStream, err error) error {
	problem := error(nil)
	switch {
	case errors.Is(err, io.EOF) && s.came == 0:
		problem = errNoMessage
	case err == nil && s.came == 1:
		problem = errManyMessages
	default:
		return err
	}
	return o.attempt.inner(connect.NewError(connect.CodeUnimplemented, problem))
}

var (
	errNoMessage    = errors.New("the answer has no message")
	errManyMessages = errors.New("the answer has more than one message")
)

func (s *streamCall) onMessage() {
	s.came++
	// The caller of a client stream gets its one message only after a good end.
	s.committed = s.spec.StreamType != connect.StreamTypeClient
	s.show()
	s.limitWait(false)
}

// show lets those go on that wait for the headers.
func (s *streamCall) show() {
	if !s.isShown {
		s.isShown = true
		close(s.shown)
	}
}

// Between messages: the deadline of the call, and while somebody waits the idle timeout. Until the first message the
// limit of the attempt holds.
func (s *streamCall) limitWait(waiting bool) {
	s.waiting = waiting
	if !s.committed && s.kept == nil {
		return
	}
	s.since = time.Now()
	idleMs := policy.NoLimit
	if waiting {
		idleMs = s.plan.policy.IdleTimeoutMs
	}
	limit := policy.LimitOf(s.plan.remainingMs(s.since), idleMs, policy.AbortIdleTimeout)
	s.timer.set(s.since, msDuration(limit.LimitMs), limit.Cause)
}

// outcome is what became of a call that is over.
func (s *streamCall) outcome() error {
	if s.err != nil {
		return s.err
	}
	return io.EOF
}

// finished is called when the call is over.
func (s *streamCall) finished() {
	if s.unregister != nil {
		s.unregister()
	}
	close(s.ended)
	if o := s.current.Load(); o != nil {
		_ = o.conn.CloseRequest()
		_ = o.conn.CloseResponse()
	}
}

// release gives the turn on. What came about meanwhile is seen to.
func (s *streamCall) release() {
	<-s.turn
	s.settle()
}

// settle ends the call, if it is to end. Whoever has the turn does so otherwise.
func (s *streamCall) settle() {
	for s.isToEnd() {
		select {
		case s.turn <- struct{}{}:
		default:
			return
		}
		switch {
		case s.over:
		case !s.begun:
			s.begun, s.over = true, true
			close(s.ended)
		default:
			if o := s.current.Load(); o != nil {
				s.onEnd(o, nil)
			} else {
				s.isEnded()
			}
		}
		<-s.turn
	}
}

func (s *streamCall) isToEnd() bool {
	select {
	case <-s.ended:
		return false
	default:
		return s.left.Load() || s.ending() != nil
	}
}

func (s *streamCall) isLeft() bool { return s.left.Load() }

// A limit is reached, or the client closed: by somebody who does not wait.
func (s *streamCall) endedByOthers() { go s.settle() }

// How long the server takes for its first message is its own affair only where it does not wait for messages of ours.
func (s *streamCall) limit(now time.Time) policy.AttemptLimit {
	firstMs := policy.NoLimit
	if s.spec.StreamType == connect.StreamTypeServer {
		firstMs = s.plan.policy.FirstMessageTimeoutMs
	}
	return policy.LimitOf(s.plan.remainingMs(now), firstMs, policy.AbortFirstMessageTimeout)
}

func (s *streamCall) awaited() answerPart {
	switch {
	case s.spec.StreamType == connect.StreamTypeClient:
		return answerPart{what: restOfAnswer}
	case s.since.IsZero():
		return answerPart{what: messageOfStream}
	case s.waiting:
		return answerPart{messageOfStream, s.since}
	default:
		return answerPart{itsReader, s.since}
	}
}

func (s *streamCall) inputState() policy.InputState {
	o := s.current.Load()
	switch {
	case s.spec.StreamType == connect.StreamTypeServer:
		return policy.InputReplayable
	case o != nil && o.attempt.recording().isConsumed():
		return policy.InputConsumed
	default:
		return policy.InputUnsent
	}
}

// unpackKept reads the message that came before the call ended, of which Connect reads nothing more.
func (s *streamCall) unpackKept(into any) error {
	flags, packed := s.kept[0], s.kept[envelopeHeadBytes:]
	s.kept = nil
	encoding := ""
	if flags&compressedEnvelope != 0 {
		encoding = "gzip"
	}
	packed, ok := s.current.Load().attempt.recording().unpack(packed, encoding)
	message, isMessage := into.(proto.Message)
	if !ok || !isMessage {
		return s.outcome()
	}
	unmarshal := proto.Unmarshal
	if s.client.config.options.format.value == formatJSON {
		unmarshal = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal
	}
	if unmarshal(packed, message) != nil {
		return s.outcome()
	}
	return nil
}

// The message that an attempt is known to have none for.
func noMessage() any { return new(emptypb.Empty) }
