package ameide

import (
	"encoding/binary"
	"fmt"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const (
	envelopeHeadBytes  = 5
	compressedEnvelope = 0b0000_0001
	// Marks the end of a stream in the Connect protocol.
	endStreamEnvelope = 0b0000_0010
	// Marks the trailers in the gRPC-Web protocol.
	trailersEnvelope = 0b1000_0000
)

// An envelopeScan follows the envelopes of a body as its bytes go by: where they end, and which one ends them all. It
// decodes nothing.
type envelopeScan struct {
	// Flag of the envelope that ends the body; 0 where none does.
	endFlag byte
	// Something has come.
	begun bool
	// The envelope that goes by is the first that ends the body.
	isEnd bool
	// The envelope that ends the body has begun.
	ended bool
	// It is compressed.
	endCompressed bool
	// What it says, once all of it has come.
	end []byte
	// How much is missing of the envelope that goes by.
	left int64
	// The body ended within the head of one.
	cut bool
}

func endFlagOf(protocol policy.Protocol) byte {
	switch protocol {
	case policy.Connect:
		return endStreamEnvelope
	case policy.GRPCWeb:
		return trailersEnvelope
	default:
		return 0
	}
}

// midway says whether the body so far stops in the middle of an envelope.
func (s *envelopeScan) midway() bool {
	return s.left > 0 || s.cut
}

// endComplete says whether the envelope that ends the body is there as a whole.
func (s *envelopeScan) endComplete() bool {
	return s.ended && (!s.isEnd || s.left == 0)
}

// open takes the head of the next envelope, and refuses one that the protocol does not know.
func (s *envelopeScan) open(head []byte) error {
	s.begun, s.isEnd = true, false
	flags := head[0]
	if flags&^(compressedEnvelope|s.endFlag) != 0 {
		return connect.NewError(connect.CodeInternal, fmt.Errorf("protocol error: envelope with flags %d", flags))
	}
	s.left = int64(binary.BigEndian.Uint32(head[1:]))
	if flags&s.endFlag != 0 && !s.ended {
		s.isEnd, s.ended = true, true
		s.endCompressed = flags&compressedEnvelope != 0
	}
	return nil
}

// take takes bytes of the envelope that goes by.
func (s *envelopeScan) take(part []byte) {
	s.left -= int64(len(part))
}

// envelope packs a message.
func envelope(flags byte, message []byte) []byte {
	packed := make([]byte, envelopeHeadBytes, envelopeHeadBytes+len(message))
	packed[0] = flags
	binary.BigEndian.PutUint32(packed[1:], uint32(len(message)))
	return append(packed, message...)
}
