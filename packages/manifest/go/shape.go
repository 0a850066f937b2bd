package main

import (
	"context"
	"reflect"

	"google.golang.org/protobuf/proto"
)

// The kinds of methods.
const (
	unary           = "unary"
	serverStreaming = "server_streaming"
	clientStreaming = "client_streaming"
	bidiStreaming   = "bidi_streaming"
)

// A shape is what the type of a client's method says. Its types are pointers to messages.
type shape struct {
	kind          string
	input, output reflect.Type
}

func (s shape) takesRequest() bool { return s.kind == unary || s.kind == serverStreaming }

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	messageType = reflect.TypeFor[proto.Message]()
)

// shapeOf reads the type of a method that protoc-gen-connect-go declares with the option simple.
func shapeOf(method reflect.Type) (shape, bool) {
	if method.NumIn() < 1 || method.In(0) != contextType || method.NumOut() != 2 || method.Out(1) != errorType {
		return shape{}, false
	}
	result := method.Out(0)
	switch {
	case method.NumIn() == 2 && result.Implements(messageType):
		return messages(unary, method.In(1), result)
	case method.NumIn() == 2:
		message, ok := resultOf(result, "Msg")
		if !ok {
			return shape{}, false
		}
		return messages(serverStreaming, method.In(1), message)
	}
	sent, ok := result.MethodByName("Send")
	if !ok || sent.Type.NumIn() != 2 {
		return shape{}, false
	}
	if message, ok := resultOf(result, "CloseAndReceive"); ok {
		return messages(clientStreaming, sent.Type.In(1), message)
	}
	if message, ok := resultOf(result, "Receive"); ok {
		return messages(bidiStreaming, sent.Type.In(1), message)
	}
	return shape{}, false
}

func messages(kind string, input, output reflect.Type) (shape, bool) {
	if !input.Implements(messageType) || !output.Implements(messageType) {
		return shape{}, false
	}
	return shape{kind: kind, input: input, output: output}, true
}

// resultOf is the first result of a method of a type, if it has the method.
func resultOf(of reflect.Type, name string) (reflect.Type, bool) {
	method, ok := of.MethodByName(name)
	if !ok || method.Type.NumOut() == 0 {
		return nil, false
	}
	return method.Type.Out(0), true
}

func nameOf(message reflect.Type) string {
	return string(reflect.Zero(message).Interface().(proto.Message).ProtoReflect().Descriptor().FullName())
}
