package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// Types of the methods of the service, by kind and request.
type (
	unary       = func(context.Context, *pb.ConformanceRequest) (*pb.ConformanceResponse, error)
	unaryWithID = func(context.Context, *pb.ConformanceRequestWithId) (*pb.ConformanceResponse, error)
	unaryList   = func(context.Context, *pb.ListItemsRequest) (*pb.ListItemsResponse, error)

	serverStream = connect.ServerStreamForClient[pb.ConformanceResponse]
	clientStream = connect.ClientStreamForClientSimple[pb.ConformanceRequest, pb.ConformanceResponse]
	bidiStream   = connect.BidiStreamForClientSimple[pb.ConformanceRequest, pb.ConformanceResponse]
)

// oneCall is a call that is being made.
type oneCall struct {
	*callMaker
	call *pb.Call
	ctx  context.Context
	// Connect's own parameters of the call, and what it tells of the answer.
	info  connect.CallInfo
	began time.Time
	seen  *pb.SeenOutcome
	// Headers and trailers, once there are any.
	headers, trailers http.Header
	// Ends when the call has ended, as its caller or its observer learns.
	over    context.Context
	setOver context.CancelFunc
}

// makeCall makes one of several calls at once, of whatever kind, and says how it ended.
func (m *callMaker) makeCall(
	ctx context.Context, signal *signal, call *pb.Call, i int, client caseClient,
) *pb.SeenOutcome {
	ctx, info := connect.NewClientContext(ctx)
	for name, value := range call.GetRuntimeHeaders() {
		info.RequestHeader().Set(name, value)
	}
	if call.GetNumbered() {
		info.RequestHeader().Set("X-Call", strconv.Itoa(i+1))
	}
	method := reflect.ValueOf(client.conformance).MethodByName(call.GetMethod())
	if !method.IsValid() {
		panic(fmt.Errorf("there is no method %s", call.GetMethod()))
	}
	if call.GetInputThrows() {
		panic(errors.New("what a caller of Go streams is its own loop, which cannot fail"))
	}
	c := &oneCall{
		callMaker: m, call: call, ctx: withSignal(ctx, signal), info: info, began: time.Now(),
		seen: &pb.SeenOutcome{},
	}
	c.over, c.setOver = context.WithCancel(c.ctx)
	defer m.watchEnd(c)()
	if call.GetUnread() {
		// To open a stream takes as long as its token, and its request.
		m.begun.Go(func() { _, _ = c.make(method.Interface()) })
		m.on.surroundings.headStart()
		return &pb.SeenOutcome{Ok: new(string)}
	}
	outcome := outcomeOf(func() (string, error) { return c.make(method.Interface()) })
	outcome.Messages = c.seen.GetMessages()
	outcome.HeadersMs = c.seen.HeadersMs
	if outcome.Error == nil {
		outcome.Headers = listOf(c.headers)
		outcome.Trailers = listOf(c.trailers)
	}
	return outcome
}

func (c *oneCall) make(method any) (string, error) {
	switch send := method.(type) {
	case unary:
		message := &pb.ConformanceRequest{Text: c.text()}
		c.mutates(func() { message.Text = "not " + message.Text })
		response, err := informed(c, func(ctx context.Context) (*pb.ConformanceResponse, error) {
			return send(ctx, message)
		})
		return response.GetText(), err
	case unaryWithID:
		message := &pb.ConformanceRequestWithId{Text: c.text(), RequestId: c.call.GetRequestIdField()}
		c.mutates(func() { message.Text = "not " + message.Text })
		response, err := informed(c, func(ctx context.Context) (*pb.ConformanceResponse, error) {
			return send(ctx, message)
		})
		return response.GetText(), err
	case unaryList:
		response, err := informed(c, func(ctx context.Context) (*pb.ListItemsResponse, error) {
			return send(ctx, &pb.ListItemsRequest{})
		})
		return strings.Join(response.GetItems(), ","), err
	case func(context.Context, *pb.ConformanceRequest) (*serverStream, error):
		return "", c.readServerStream(send)
	case func(context.Context) (*clientStream, error):
		response, err := informed(c, func(ctx context.Context) (*pb.ConformanceResponse, error) {
			return c.sendClientStream(ctx, send)
		})
		return response.GetText(), err
	case func(context.Context) (*bidiStream, error):
		return "", c.exchange(send)
	}
	panic(fmt.Errorf("no call is made by a %T", method))
}

// informed makes a call and keeps the headers and trailers of its answer, which Connect tells apart.
func informed[T any](c *oneCall, send func(context.Context) (T, error)) (T, error) {
	response, err := send(c.ctx)
	if err == nil {
		c.headers, c.trailers = c.info.ResponseHeader(), c.info.ResponseTrailer()
	}
	return response, err
}

func (c *oneCall) mutates(change func()) {
	if c.call.GetMutateMessage() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.onAttemptFailed = change
	}
}

func (c *oneCall) text() string {
	return strings.Repeat(c.call.GetText(), int(max(c.call.GetTextTimes(), 1)))
}

// texts are the messages a caller streams.
func (c *oneCall) texts() []string {
	if texts := c.call.GetTexts(); len(texts) > 0 {
		return texts
	}
	return []string{c.call.GetText()}
}

func (c *oneCall) readServerStream(
	send func(context.Context, *pb.ConformanceRequest) (*serverStream, error),
) error {
	stream, err := send(c.ctx, &pb.ConformanceRequest{Text: c.text()})
	if err != nil {
		return err
	}
	if c.call.GetUnread() {
		return c.keep(stream)
	}
	if c.call.GetForget() {
		return c.forgets(stream)
	}
	headers := c.watchHeaders(stream)
	defer func() {
		stream.Close()
		<-headers
		c.trailers = stream.ResponseTrailer()
	}()
	c.readSlowly()
	for stream.Receive() {
		if c.got(stream.Msg()) {
			return nil
		}
		c.readSlowly()
	}
	return stream.Err()
}

// forgets drops a stream after some messages, and lets the collector run.
func (c *oneCall) forgets(stream *serverStream) error {
	for stream.Receive() {
		if c.got(stream.Msg()) {
			stream = nil
			runtime.GC()
			return nil
		}
	}
	return stream.Err()
}

func (c *oneCall) sendClientStream(
	ctx context.Context, open func(context.Context) (*clientStream, error),
) (*pb.ConformanceResponse, error) {
	stream, err := open(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range c.texts() {
		if c.sendSlowly() != nil {
			break
		}
		// An end of the stream says no more than that; its error comes with the answer.
		if err := stream.Send(&pb.ConformanceRequest{Text: text}); err != nil {
			break
		}
	}
	return stream.CloseAndReceive()
}

// exchange sends and receives at the same time.
func (c *oneCall) exchange(open func(context.Context) (*bidiStream, error)) error {
	stream, err := open(c.ctx)
	if err != nil {
		return err
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.sendAll(stream)
	}()
	// Who streams is ahead of who reads, as far as that takes no time.
	c.on.surroundings.settle()
	if c.call.GetUnread() {
		return c.keep(stream)
	}
	headers := c.watchHeaders(stream)
	c.readSlowly()
	for {
		message, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil && !c.got(message) {
			c.readSlowly()
			continue
		}
		stream.CloseRequest()
		stream.CloseResponse()
		<-headers
		c.trailers = stream.ResponseTrailer()
		return err
	}
}

func (c *oneCall) sendAll(stream *bidiStream) {
	for _, text := range c.texts() {
		if c.sendSlowly() != nil {
			return
		}
		if err := stream.Send(&pb.ConformanceRequest{Text: text}); err != nil {
			return
		}
	}
	// What is kept open ends with the call.
	if !c.call.GetKeepOpen() {
		stream.CloseRequest()
	}
}

// got notes a message, and says whether it is the last that the caller wants.
func (c *oneCall) got(message *pb.ConformanceResponse) bool {
	c.seen.Messages = append(c.seen.Messages, message.GetText())
	return c.call.BreakAfter != nil && len(c.seen.Messages) == int(c.call.GetBreakAfter())
}

// watchHeaders notes when the headers of an answer are there; what it returns is closed then.
func (c *oneCall) watchHeaders(stream interface{ ResponseHeader() http.Header }) <-chan struct{} {
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		c.headers = stream.ResponseHeader()
		if len(c.headers) > 0 {
			at := inMilliseconds(time.Since(c.began))
			c.seen.HeadersMs = &at
		}
	}()
	return seen
}

// keep holds a stream that nobody reads.
func (c *oneCall) keep(stream any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = append(c.unread, stream)
	return nil
}

func (c *oneCall) readSlowly() {
	if ms := c.call.GetReadDelayMs(); ms > 0 {
		time.Sleep(milliseconds(ms))
	}
}

// sendSlowly takes its time before a message, as long as the call goes on.
func (c *oneCall) sendSlowly() error {
	return sleep(c.over, milliseconds(c.call.GetTextDelayMs()), false)
}

// watchEnd has the observer's word for the end of a call, as long as it is being made. A caller who
// streams learns of it in no other way before the next message.
func (m *callMaker) watchEnd(c *oneCall) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[c] = struct{}{}
	return func() {
		c.setOver()
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.live, c)
	}
}

// done is told by the observer that a call of a method has ended. Of several nobody can say which.
func (m *callMaker) done(method string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ended []*oneCall
	for each := range m.live {
		if strings.HasSuffix(method, "/"+each.call.GetMethod()) {
			ended = append(ended, each)
		}
	}
	if len(ended) == 1 {
		ended[0].setOver()
	}
}

func listOf(header http.Header) (headers []*pb.Header) {
	for _, name := range sortedNames(header) {
		for _, value := range header[name] {
			headers = append(headers, &pb.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers
}
