package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1/conformancev1connect"
)

// makeCall makes the call that a case describes, and tells what came of it. The error says that the case describes no
// call; how a call fails is a result.
func makeCall(
	client conformancev1connect.ConformanceServiceClient, request *suite.ClientCompatRequest,
) (*suite.ClientResponseResult, error) {
	if service := request.GetService(); service != conformancev1connect.ConformanceServiceName {
		return nil, fmt.Errorf("the client knows no service %q", service)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if request.TimeoutMs != nil {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, milliseconds(request.GetTimeoutMs()))
		defer end()
	}
	ctx, info := connect.NewClientContext(ctx)
	addProtoHeaders(info.RequestHeader(), request.GetRequestHeaders())
	c := &call{
		client: client, request: request, ctx: ctx, info: info, result: new(suite.ClientResponseResult),
		cancellation: cancellation{request.GetCancel(), cancel},
	}
	start, err := c.prepare()
	if err != nil {
		return nil, err
	}
	if err := start(); err != nil {
		c.failed(err)
	}
	return c.result, nil
}

type call struct {
	cancellation

	client  conformancev1connect.ConformanceServiceClient
	request *suite.ClientCompatRequest
	ctx     context.Context
	info    connect.CallInfo
	result  *suite.ClientResponseResult
}

// prepare reads the messages of the case, and gives what makes the call.
func (c *call) prepare() (start func() error, err error) {
	switch method := c.request.GetMethod(); method {
	case "Unary":
		return single(c, c.client.Unary)
	case "IdempotentUnary":
		return single(c, c.client.IdempotentUnary)
	case "Unimplemented":
		return single(c, func(ctx context.Context, request *suite.UnimplementedRequest) (withPayload, error) {
			_, err := c.client.Unimplemented(ctx, request)
			return (*suite.UnaryResponse)(nil), err
		})
	case "ServerStream":
		inputs, err := messages[suite.ServerStreamRequest](c.request)
		return func() error { return c.serverStream(inputs[0]) }, err
	case "ClientStream":
		inputs, err := messages[suite.ClientStreamRequest](c.request)
		return func() error { return c.clientStream(inputs) }, err
	case "BidiStream":
		inputs, err := messages[suite.BidiStreamRequest](c.request)
		return func() error { return c.bidiStream(inputs) }, err
	default:
		return nil, fmt.Errorf("the client knows no method %q", method)
	}
}

type withPayload interface {
	GetPayload() *suite.ConformancePayload
}

// single makes a unary call.
func single[Req, Res any](c *call, send func(context.Context, *Req) (Res, error)) (func() error, error) {
	inputs, err := messages[Req](c.request)
	if err != nil {
		return nil, err
	}
	return func() error {
		c.pause()
		c.requestClosed()
		response, err := send(c.ctx, inputs[0])
		if err != nil {
			return err
		}
		c.took(any(response).(withPayload))
		c.told(c.info.ResponseHeader(), c.info.ResponseTrailer())
		return nil
	}, nil
}

func (c *call) serverStream(input *suite.ServerStreamRequest) error {
	c.pause()
	stream, err := c.client.ServerStream(c.ctx, input)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	c.requestClosed()
	for stream.Receive() {
		c.took(stream.Msg())
		c.responded(len(c.result.GetPayloads()))
	}
	c.told(stream.ResponseHeader(), stream.ResponseTrailer())
	return stream.Err()
}

func (c *call) clientStream(inputs []*suite.ClientStreamRequest) error {
	stream, err := c.client.ClientStream(c.ctx)
	if err != nil {
		return err
	}
	for _, input := range inputs {
		c.pause()
		// Why a stream takes no more comes with its answer.
		if err := stream.Send(input); err != nil {
			break
		}
	}
	c.beforeClose()
	c.requestClosed()
	response, err := stream.CloseAndReceive()
	if err != nil {
		return err
	}
	c.took(response)
	c.told(c.info.ResponseHeader(), c.info.ResponseTrailer())
	return nil
}

// In full duplex, each message but the first follows the answer to the one before.
func (c *call) bidiStream(inputs []*suite.BidiStreamRequest) error {
	stream, err := c.client.BidiStream(c.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = stream.CloseResponse() }()
	defer func() { c.told(stream.ResponseHeader(), stream.ResponseTrailer()) }()
	receive := func() error {
		response, err := stream.Receive()
		if err == nil {
			c.took(response)
			c.responded(len(c.result.GetPayloads()))
		}
		return err
	}
	var ended error
	for _, input := range inputs {
		c.pause()
		if err := stream.Send(input); err != nil {
			break
		}
		if c.request.GetStreamType() == suite.StreamType_STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM {
			if ended = receive(); ended != nil {
				break
			}
		}
	}
	c.beforeClose()
	_ = stream.CloseRequest()
	c.requestClosed()
	for ended == nil {
		ended = receive()
	}
	if errors.Is(ended, io.EOF) {
		return nil
	}
	return ended
}

func (c *call) took(response withPayload) {
	payload := response.GetPayload()
	if payload == nil {
		payload = new(suite.ConformancePayload)
	}
	c.result.Payloads = append(c.result.Payloads, payload)
}

func (c *call) told(header, trailer http.Header) {
	c.result.ResponseHeaders, c.result.ResponseTrailers = toProtoHeaders(header), toProtoHeaders(trailer)
}

func (c *call) failed(err error) {
	told, metadata := toProtoError(err)
	c.result.Error = told
	// The metadata of an error is headers and trailers together.
	if len(c.result.GetResponseHeaders()) == 0 {
		c.result.ResponseHeaders = metadata
	}
	c.result.ResponseTrailers = metadata
}

func (c *call) pause() { time.Sleep(milliseconds(c.request.GetRequestDelayMs())) }

// messages are those that a case sends; a call that streams none has one.
func messages[T any](request *suite.ClientCompatRequest) ([]*T, error) {
	var all []*T
	for _, packed := range request.GetRequestMessages() {
		message := new(T)
		if err := packed.UnmarshalTo(any(message).(proto.Message)); err != nil {
			return nil, err
		}
		all = append(all, message)
	}
	if request.GetStreamType() == suite.StreamType_STREAM_TYPE_UNARY && len(all) != 1 {
		return nil, errors.New("the case must have one request message")
	}
	return all, nil
}
