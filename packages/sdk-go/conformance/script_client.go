package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// scriptClient is a http.RoundTripper that plays a script, as net/http's own would show it.
type scriptClient struct {
	script *pb.Script
	began  time.Time

	mu        sync.Mutex
	exchanges []*exchange
}

// newScriptClient returns a client whose times count from now.
func newScriptClient(script *pb.Script) *scriptClient {
	return &scriptClient{script: script, began: time.Now()}
}

// requests tells what the client was given so far. It reads the bodies that the script left unread.
func (s *scriptClient) requests() []*pb.SeenRequest {
	s.mu.Lock()
	exchanges := s.exchanges
	s.mu.Unlock()
	requests := make([]*pb.SeenRequest, len(exchanges))
	for i, each := range exchanges {
		requests[i] = each.told()
	}
	return requests
}

// RoundTrip gives the n-th request the n-th answer. A script that cannot be played fails the request: Connect
// makes some in goroutines of its own, where a panic would end the adapter.
func (s *scriptClient) RoundTrip(request *http.Request) (response *http.Response, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the script: %v", reason)
		}
	}()
	exchange, answer := s.next(request)
	response, err = exchange.play(s.script, answer)
	if err != nil {
		exchange.end()
		return nil, err
	}
	return response, nil
}

func (s *scriptClient) next(request *http.Request) (*exchange, *pb.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	exchange := newExchange(request, time.Since(s.began))
	answer := s.script.GetOtherwise()
	if n := len(s.exchanges); n < len(s.script.GetAnswers()) {
		answer = s.script.GetAnswers()[n]
	}
	if answer == nil {
		answer = ranOut
	}
	s.exchanges = append(s.exchanges, exchange)
	return exchange, answer
}

var ranOut = &pb.Answer{Action: &pb.Answer_Http{Http: &pb.HttpAnswer{
	Status:      http.StatusInternalServerError,
	ContentType: "text/plain",
	Body:        "the script has no answer left",
}}}

// exchange is one request and its answer.
type exchange struct {
	request *http.Request
	ctx     context.Context
	stop    func() bool

	mu   sync.Mutex
	seen *pb.SeenRequest
	// The answer has ended, whichever way.
	over   bool
	asked  bool
	digest hash.Hash
}

func newExchange(request *http.Request, at time.Duration) *exchange {
	e := &exchange{
		request: request,
		ctx:     request.Context(),
		digest:  sha256.New(),
		seen:    &pb.SeenRequest{Method: request.Method, AtMs: inMilliseconds(at)},
	}
	for _, name := range sortedNames(request.Header) {
		for _, value := range request.Header[name] {
			header := &pb.Header{Name: strings.ToLower(name), Value: value}
			e.seen.Headers = append(e.seen.Headers, header)
		}
	}
	if request.Method == http.MethodGet {
		e.asked = true
		e.digest.Write([]byte(request.URL.RawQuery))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stop = context.AfterFunc(e.ctx, e.leave)
	return e
}

// play does what the script says until the head of the answer is there.
func (e *exchange) play(script *pb.Script, answer *pb.Answer) (*http.Response, error) {
	broken := brokenBy(script, answer)
	trace := httptrace.ContextClientTrace(e.ctx)
	unread := broken != nil && broken.unread ||
		answer.GetStallAt() != pb.Moment_MOMENT_UNSPECIFIED
	if !unread {
		gotConnection(trace)
		read := e.readBody()
		if !answer.GetStream().GetEarly() {
			select {
			case err := <-read:
				if err != nil {
					return nil, err
				}
			case <-e.ctx.Done():
				return nil, e.left()
			}
		}
	}
	if answer.GetStall() {
		<-e.ctx.Done()
		return nil, e.left()
	}
	if err := e.pause(milliseconds(answer.GetDelayMs()), nil); err != nil {
		return nil, err
	}
	if broken != nil {
		// Told late: a request that a limit ends before the break counts as maybe sent.
		if broken.unread && trace != nil && trace.GetConn != nil {
			trace.GetConn(e.request.URL.Host)
		}
		return nil, broken.err()
	}
	if answer.GetBreak() == pb.Break_BREAK_SWITCHED {
		return e.respond(switched(), answer.GetCut()), nil
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return e.respond(toHTTP(answer, e.request), answer.GetCut()), nil
}

func gotConnection(trace *httptrace.ClientTrace) {
	if trace == nil {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: memoryConn{}})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
}

// switched is an answer by which the server switches to another protocol, and falls silent.
func switched() httpResponse {
	header := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"nonsense"}}
	return httpResponse{status: http.StatusSwitchingProtocols, header: header, instead: endsInStall}
}

func (e *exchange) respond(response httpResponse, cut pb.Cut) *http.Response {
	cutOff(&response, cut)
	length := int64(-1)
	if stated, err := strconv.ParseInt(response.header.Get("Content-Length"), 10, 64); err == nil {
		length = stated
	}
	answer := &http.Response{
		Status:        strconv.Itoa(response.status) + " " + http.StatusText(response.status),
		StatusCode:    response.status,
		Proto:         "HTTP/2.0",
		ProtoMajor:    2,
		Header:        response.header,
		ContentLength: length,
		Trailer:       http.Header{},
		Request:       e.request,
	}
	answer.Body = &scriptBody{
		exchange: e,
		outgoing: response,
		trailer:  answer.Trailer,
		closed:   make(chan struct{}),
	}
	return answer
}

// cutOff takes away what comes after the cut.
func cutOff(response *httpResponse, cut pb.Cut) {
	if cut == pb.Cut_CUT_UNSPECIFIED {
		return
	}
	left := 0
	for _, each := range response.body {
		left += len(each.bytes)
	}
	left /= 2
	for i, each := range response.body {
		response.body[i].bytes = each.bytes[:min(left, len(each.bytes))]
		left -= len(response.body[i].bytes)
	}
	response.instead = map[pb.Cut]ending{
		pb.Cut_CUT_RESET_HALF:          endsInReset,
		pb.Cut_CUT_CLOSE_HALF:          endsInClose,
		pb.Cut_CUT_STALL_HALF:          endsInStall,
		pb.Cut_CUT_REFUSED_STREAM_HALF: endsInRefusedStream,
	}[cut]
}

// pause waits; without end where the time is negative. What ends the request ends the wait.
func (e *exchange) pause(delay time.Duration, closed <-chan struct{}) error {
	if e.ctx.Err() != nil {
		return e.left()
	}
	if delay == 0 {
		return nil
	}
	var after <-chan time.Time
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
		return nil
	case <-closed:
		return http.ErrBodyReadAfterClose
	case <-e.ctx.Done():
		return e.left()
	}
}

// left notes that the client has left, and returns what net/http says then: over HTTP/1.1 the cause
// of the context, over HTTP/2, which gRPC is for, its error.
func (e *exchange) left() error {
	e.leave()
	if formatOf(e.request).protocol == grpcProtocol {
		return e.ctx.Err()
	}
	return context.Cause(e.ctx)
}

// leave notes that the client has left, unless the answer had ended.
func (e *exchange) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		e.seen.Canceled = true
	}
	e.endLocked()
}

// end notes that the answer has ended.
func (e *exchange) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.endLocked()
}

// A body that is sent while the answer comes is left with the answer. A whole one that was never asked
// for stays open: told reads it later.
func (e *exchange) endLocked() {
	e.over = true
	e.stop()
	if e.request.Body != nil && (e.asked || e.isStreamed()) {
		go e.request.Body.Close()
	}
}

func (e *exchange) isStreamed() bool { return e.request.ContentLength < 0 }

// Media types of messages in envelopes.
var inEnvelopesType = regexp.MustCompile(`^application/(connect\+|grpc)`)

const keptBytes = 64 * 1024

// readBody reads the body of the request in a goroutine of its own, as net/http does, and tells how
// it ended.
func (e *exchange) readBody() <-chan error {
	done := make(chan error, 1)
	e.mu.Lock()
	first := !e.asked
	e.asked = true
	e.mu.Unlock()
	if !first || e.request.Body == nil {
		done <- nil
		return done
	}
	go func() {
		_, err := io.Copy(bodyWriter{e}, e.request.Body)
		e.request.Body.Close()
		done <- err
	}()
	return done
}

// bodyWriter keeps what is read of the body of a request.
type bodyWriter struct{ *exchange }

func (w bodyWriter) Write(chunk []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.digest.Write(chunk)
	if inEnvelopesType.MatchString(w.request.Header.Get("Content-Type")) {
		kept := min(len(chunk), keptBytes-len(w.seen.Body))
		w.seen.Body = append(w.seen.Body, chunk[:kept]...)
	}
	return len(chunk), nil
}

func (e *exchange) told() *pb.SeenRequest {
	if !e.isStreamed() {
		if err := <-e.readBody(); err != nil {
			panic(err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen.BodySha256 = hex.EncodeToString(e.digest.Sum(nil))
	return e.seen
}

// scriptBody is the body of an answer.
type scriptBody struct {
	exchange *exchange
	outgoing httpResponse
	trailer  http.Header
	rest     []byte
	next     int
	once     sync.Once
	closed   chan struct{}
}

// Read gives the next piece once its time has come. Nothing is read that nobody asks for.
func (b *scriptBody) Read(into []byte) (int, error) {
	parts := b.outgoing.body
	for len(b.rest) == 0 {
		select {
		case <-b.closed:
			return 0, http.ErrBodyReadAfterClose
		default:
		}
		if b.next == len(parts) {
			return 0, b.ended()
		}
		if err := b.exchange.pause(parts[b.next].delay, b.closed); err != nil {
			return 0, err
		}
		b.rest = parts[b.next].bytes
		b.next++
	}
	n := copy(into, b.rest)
	b.rest = b.rest[n:]
	// Who has got the last bytes may leave.
	if len(b.rest) == 0 && b.next == len(parts) && b.outgoing.instead == endsWell {
		b.exchange.end()
	}
	return n, nil
}

func (b *scriptBody) ended() error {
	switch b.outgoing.instead {
	case endsInStall:
		return b.exchange.pause(-1, b.closed)
	case endsInReset:
		b.exchange.end()
		return readReset()
	case endsInClose:
		b.exchange.end()
		return io.ErrUnexpectedEOF
	case endsInRefusedStream:
		b.exchange.end()
		return errors.New(refusedStream)
	}
	b.exchange.end()
	for name, values := range b.outgoing.trailer {
		b.trailer[name] = values
	}
	return io.EOF
}

// Close leaves the answer where it has not ended.
func (b *scriptBody) Close() error {
	b.once.Do(func() {
		close(b.closed)
		b.exchange.leave()
	})
	return nil
}
