package ameide

import "github.com/ameideio/ameide-sdk-go/internal/policy"

// What requests and answers of a method look like on the wire.
type wireShape struct {
	protocol policy.Protocol
	// What an answer may be compressed by; else nothing.
	acceptsGzip bool
	// What a message of an answer may have, in bytes, decompressed.
	readMaxBytes int64
	// Messages of the answer are in envelopes; else it is one message.
	enveloped bool
	// The request is one message, so that it can be sent again.
	replays bool
	// Both sides stream, which takes HTTP/2.
	bothWays bool
}

// accepts says whether Connect reads messages of a stream that are compressed so.
func (s *wireShape) accepts(coding string) bool {
	return coding == "" || coding == "identity" || (coding == "gzip" && s.acceptsGzip)
}

// What a protocol makes of the kinds of methods.
type wireShapes struct {
	unary, serverStreaming, clientStreaming, bidiStreaming wireShape
}

func newWireShapes(protocol policy.Protocol, acceptsGzip bool, readMaxBytes int64) wireShapes {
	shape := func(enveloped, replays, bothWays bool) wireShape {
		return wireShape{protocol, acceptsGzip, readMaxBytes, enveloped, replays, bothWays}
	}
	return wireShapes{
		unary:           shape(protocol != policy.Connect, true, false),
		serverStreaming: shape(true, true, false),
		clientStreaming: shape(true, false, false),
		bidiStreaming:   shape(true, false, true),
	}
}

func (s *wireShapes) of(kind policy.Kind) *wireShape {
	switch kind {
	case policy.ServerStreaming:
		return &s.serverStreaming
	case policy.ClientStreaming:
		return &s.clientStreaming
	case policy.BidiStreaming:
		return &s.bidiStreaming
	default:
		return &s.unary
	}
}
