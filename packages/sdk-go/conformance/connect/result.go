package main

import (
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/anypb"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-sdk-go"
)

// toProtoError tells an error in the terms of the suite, and its metadata.
func toProtoError(err error) (*suite.Error, []*suite.Header) {
	failed := connect.NewError(connect.CodeUnknown, err)
	var known *connect.Error
	if errors.As(err, &known) {
		failed = known
	}
	message, metadata := failed.Message(), failed.Meta()
	// Ours has the message and the headers as they came beside the connect.Error, which is for those who hand it on.
	var own *ameide.Error
	if errors.As(err, &own) {
		message, metadata = own.Message, own.Metadata
	}
	told := &suite.Error{Code: suite.Code(failed.Code()), Message: &message}
	for _, detail := range failed.Details() {
		told.Details = append(told.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type(), Value: detail.Bytes()})
	}
	return told, toProtoHeaders(metadata)
}

func toProtoHeaders(headers http.Header) []*suite.Header {
	var told []*suite.Header
	for name, values := range headers {
		told = append(told, &suite.Header{Name: name, Value: values})
	}
	return told
}

func addProtoHeaders(to http.Header, headers []*suite.Header) {
	for _, header := range headers {
		for _, value := range header.GetValue() {
			to.Add(header.GetName(), value)
		}
	}
}
