package ameide

import (
	"net/http"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// What requests and answers of a method look like on the wire.
type wireShape struct {
	protocol policy.Protocol
	// The media type of a request, as Connect has it.
	contentType string
	// What a request may be compressed by; else nothing.
	sendsGzip bool
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
	return isPlain(coding) || (coding == "gzip" && s.acceptsGzip)
}

// What a protocol makes of the kinds of methods.
type wireShapes struct {
	unary, serverStreaming, clientStreaming, bidiStreaming wireShape
}

func newWireShapes(options *clientOptions, readMaxBytes int64) wireShapes {
	protocol := policy.Protocol(options.protocol.or(ProtocolConnect))
	compression := options.compression.value
	unary := wireShape{
		protocol:     protocol,
		contentType:  requestType(protocol, options.format.value, false),
		sendsGzip:    compression.send.value == CompressionGzip,
		acceptsGzip:  compression.accept.value == CompressionGzip,
		readMaxBytes: readMaxBytes,
		enveloped:    protocol != policy.Connect,
		replays:      true,
	}
	server := unary
	server.enveloped, server.contentType = true, requestType(protocol, options.format.value, true)
	client := server
	client.replays = false
	both := client
	both.bothWays = true
	return wireShapes{unary: unary, serverStreaming: server, clientStreaming: client, bidiStreaming: both}
}

func requestType(protocol policy.Protocol, format formatName, streams bool) string {
	codec := "proto"
	if format == formatJSON {
		codec = "json"
	}
	switch {
	case protocol == policy.GRPC && codec == "proto":
		return untoldFormat[0]
	case protocol == policy.GRPC:
		return "application/grpc+" + codec
	case protocol == policy.GRPCWeb:
		return "application/grpc-web+" + codec
	case streams:
		return "application/connect+" + codec
	default:
		return "application/" + codec
	}
}

// refuse looks whether Connect speaks as it is configured to: an option of Connect's beside those of a Transport may have
// it speak otherwise. header is that of a request before interceptors see it.
func (s *wireShape) refuse(header http.Header) *Error {
	if stated := header.Get("Content-Type"); stated != s.contentType {
		return strangeOptionError("sends "+stated, s.contentType)
	}
	if s.protocol == policy.Connect && !s.enveloped {
		return s.refuseCodings("", header["Accept-Encoding"])
	}
	if s.protocol == policy.Connect {
		return s.refuseCodings(header.Get("Connect-Content-Encoding"), header["Connect-Accept-Encoding"])
	}
	return s.refuseCodings(header.Get("Grpc-Encoding"), header["Grpc-Accept-Encoding"])
}

func (s *wireShape) refuseCodings(sent string, accepted []string) *Error {
	if !s.sendsGzip && !isPlain(sent) {
		return strangeOptionError("compresses by "+sent, "none")
	}
	// With gzip for what is sent Connect always asks for it.
	if !s.sendsGzip && !s.acceptsGzip && len(accepted) > 0 && !isPlain(accepted[0]) {
		return strangeOptionError("asks for "+accepted[0], "none")
	}
	return nil
}

func isPlain(coding string) bool { return coding == "" || coding == "identity" }

func strangeOptionError(does, configured string) *Error {
	return misuseError("the client " + does + " where its Transport has " + configured + ": an option of Connect's was " +
		"given beside Options; leave it out, and give ameide.WithProtocol, WithJSON, WithSendCompression or " +
		"WithAcceptCompression")
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
