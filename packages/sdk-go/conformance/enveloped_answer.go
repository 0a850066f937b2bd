package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

const (
	compressedFlag     = 1
	connectEndFlag     = 2
	grpcWebTrailerFlag = 0x80
)

// inEnvelopes encodes an answer whose messages are in envelopes: all of gRPC's, and streams of
// Connect.
func inEnvelopes(answer *pb.Answer, format format) httpResponse {
	to := sent{format: format, trailers: answer.GetTrailers()}
	switch action := answer.GetAction().(type) {
	case *pb.Answer_Ok, *pb.Answer_Page:
		message, _ := messageOf(answer, format.json)
		to.parts = []part{{bytes: envelope(0, message)}}
		return ended(to, nil, 0)
	case *pb.Answer_Error:
		if format.protocol == connectProtocol || len(to.trailers) > 0 {
			return ended(to, action.Error, 0)
		}
		response := unended(format, nil)
		setGRPCStatus(response.header, action.Error)
		return response
	case *pb.Answer_Stream:
		return streamed(action.Stream, to)
	}
	panic(errors.New("an answer of the script says nothing"))
}

// sent is what has been sent, and what follows it.
type sent struct {
	format   format
	trailers []*pb.Header
	parts    []part
}

func streamed(answer *pb.StreamAnswer, to sent) httpResponse {
	delay := milliseconds(answer.GetEndDelayMs())
	for _, message := range answer.GetMessages() {
		bytes := encode(&pb.ConformanceResponse{Text: message.GetText()}, to.format.json)
		to.parts = append(to.parts, part{envelope(0, bytes), milliseconds(message.GetDelayMs())})
	}
	with := func(last []byte, instead ending) httpResponse {
		response := unended(to.format, append(to.parts, part{last, delay}))
		response.instead = instead
		return response
	}
	switch answer.GetEnd() {
	case pb.StreamEnd_STREAM_END_RESET:
		return with(nil, endsInReset)
	case pb.StreamEnd_STREAM_END_REFUSED_STREAM:
		return with(nil, endsInRefusedStream)
	case pb.StreamEnd_STREAM_END_MISSING:
		return with(nil, endsWell)
	case pb.StreamEnd_STREAM_END_HALF_ENVELOPE:
		return with(envelope(0, make([]byte, 40))[:20], endsWell)
	case pb.StreamEnd_STREAM_END_GARBAGE:
		// A length-delimited field that goes on beyond its end, and no JSON either.
		to.parts = append(to.parts, part{envelope(0, []byte{0x0a, 0xff, 0x7b}), delay})
		return ended(to, nil, 0)
	case pb.StreamEnd_STREAM_END_UNSPECIFIED:
		if !answer.GetStall() {
			return ended(to, answer.GetError(), delay)
		}
	}
	response := unended(to.format, to.parts)
	response.instead = endsInStall
	return response
}

// unended makes a response of messages that nothing ends.
func unended(format format, body []part) httpResponse {
	name := "proto"
	if format.json {
		name = "json"
	}
	header := http.Header{}
	header.Set("Content-Type", fmt.Sprintf("application/%s+%s", format.protocol, name))
	return httpResponse{status: http.StatusOK, header: header, body: body, trailer: http.Header{}}
}

// ended makes a response of messages, and what ends them by the protocol.
func ended(to sent, answer *pb.ErrorAnswer, delay time.Duration) httpResponse {
	switch to.format.protocol {
	case connectProtocol:
		end := map[string]any{"metadata": metadataOf(to.trailers)}
		if answer != nil {
			end["error"] = errorJSON(answer)
		}
		bytes := envelope(connectEndFlag, jsonText(end))
		return unended(to.format, append(to.parts, part{bytes, delay}))
	case grpcProtocol:
		response := unended(to.format, append(to.parts, part{nil, delay}))
		addHeaders(response.trailer, to.trailers)
		setGRPCStatus(response.trailer, answer)
		return response
	default:
		status := http.Header{}
		addHeaders(status, to.trailers)
		setGRPCStatus(status, answer)
		bytes := envelope(grpcWebTrailerFlag, trailerLines(status))
		return unended(to.format, append(to.parts, part{bytes, delay}))
	}
}

// metadataOf has trailers as the end of a stream of Connect has them.
func metadataOf(trailers []*pb.Header) map[string][]string {
	metadata := map[string][]string{}
	for _, each := range trailers {
		name := strings.ToLower(each.GetName())
		metadata[name] = append(metadata[name], each.GetValue())
	}
	return metadata
}

// trailerLines has trailers as the body of gRPC-Web has them.
func trailerLines(trailer http.Header) []byte {
	var lines []byte
	for _, name := range sortedNames(trailer) {
		for _, value := range trailer[name] {
			lines = fmt.Appendf(lines, "%s: %s\r\n", strings.ToLower(name), value)
		}
	}
	return lines
}

func sortedNames(header http.Header) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func addHeaders(to http.Header, headers []*pb.Header) {
	for _, each := range headers {
		to.Add(each.GetName(), each.GetValue())
	}
}

func envelope(flags byte, message []byte) []byte {
	bytes := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message)))
	return append(bytes, message...)
}
