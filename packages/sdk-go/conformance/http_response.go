package main

import (
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// httpResponse is an answer as it goes over HTTP.
type httpResponse struct {
	status int
	header http.Header
	body   []part
	// Trailers of HTTP, once the body is over.
	trailer http.Header
	// What comes instead of the end of the body.
	instead ending
}

// part is a piece of a body, and the time before it.
type part struct {
	bytes []byte
	delay time.Duration
}

// ending is what comes in place of the end of a body.
type ending int

const (
	endsWell ending = iota
	endsInStall
	endsInReset
	endsInClose
	endsInRefusedStream
)

const (
	connectProtocol = "connect"
	grpcProtocol    = "grpc"
	grpcWebProtocol = "grpc-web"
)

// format is how a request wants to be answered.
type format struct {
	protocol string
	json     bool
	// Messages are in envelopes.
	enveloped bool
}

// messageOf encodes the message of an answer that has one, and says whether it has.
func messageOf(answer *pb.Answer, json bool) ([]byte, bool) {
	switch action := answer.GetAction().(type) {
	case *pb.Answer_Ok:
		return encode(&pb.ConformanceResponse{Text: action.Ok}, json), true
	case *pb.Answer_Page:
		page := &pb.ListItemsResponse{
			Items:         action.Page.GetItems(),
			NextPageToken: action.Page.GetNextPageToken(),
		}
		return encode(page, json), true
	}
	return nil, false
}

// encode encodes a message in the format of a request.
func encode(message proto.Message, json bool) []byte {
	marshal := proto.Marshal
	if json {
		marshal = protojson.Marshal
	}
	bytes, err := marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}

func milliseconds(ms int64) time.Duration {
	return time.Duration(ms) * time.Millisecond
}
