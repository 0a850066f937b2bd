package ameide

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"
)

// Errors as servers put them on the wire. Connect reads them too, but gives up all of one for a part that is malformed.
// Here each part is read for itself, and what cannot be read is left out.

const (
	grpcStatusHeader  = "Grpc-Status"
	grpcMessageHeader = "Grpc-Message"
	grpcDetailsHeader = "Grpc-Status-Details-Bin"
)

type jsonObject = map[string]any

// connectWireError is an error of the Connect protocol; nil where it has no code.
func connectWireError(value any, metadata http.Header) *connect.Error {
	object, _ := value.(jsonObject)
	code, ok := codeOf(object["code"])
	if !ok {
		return nil
	}
	return connectError(object, code, metadata)
}

// endStreamWireError is the error that an EndStreamResponse states, with its metadata and the headers. There it is one
// without a code, too.
func endStreamWireError(value any, header http.Header) *connect.Error {
	end, _ := value.(jsonObject)
	object, ok := end["error"].(jsonObject)
	if !ok {
		return nil
	}
	code, ok := codeOf(object["code"])
	if !ok {
		code = connect.CodeUnknown
	}
	metadata := endMetadata(end["metadata"])
	addHeaders(metadata, header)
	return connectError(object, code, metadata)
}

// grpcWireError is the error that a status of gRPC states. One that is no number, or that gRPC does not know, is
// unknown. The fields are trailers, or headers where nothing else is sent; more is for the metadata.
func grpcWireError(fields, more http.Header) *connect.Error {
	var status grpcStatus
	if details := joined(fields, grpcDetailsHeader); details != "" {
		status = readStatus(details)
	}
	// As Connect has it, the one in binary comes first.
	code := connect.Code(status.code)
	if !isKnownCode(code) {
		var ok bool
		if code, ok = codeOfStatus(fields); !ok {
			return nil
		}
	}
	message := status.message
	if message == "" {
		message = grpcMessage(joined(fields, grpcMessageHeader))
	}
	err := connect.NewWireError(code, errors.New(message))
	addDetails(err, status.details)
	addHeaders(err.Meta(), fields)
	addHeaders(err.Meta(), more)
	return err
}

// trailersOf reads the trailers in a body of gRPC-Web. Lines that are no headers are left out.
func trailersOf(text []byte) http.Header {
	trailers := http.Header{}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if found && isHeaderName(name) && isHeaderValue(value) {
			trailers.Add(name, value)
		}
	}
	return trailers
}

// More than an error keeps of its text.
const mostMessageBytes = 64 * 1_024

// grpcMessage decodes a grpc-message. What is percent-encoded in a broken way stays as it is, as gRPC has it
// (PROTOCOL-HTTP2, "Status-Message").
func grpcMessage(value string) string {
	value = value[:min(len(value), mostMessageBytes)]
	if !strings.Contains(value, "%") {
		return strings.ToValidUTF8(value, "\uFFFD")
	}
	decoded := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] == '%' && i+2 < len(value) {
			if code, err := strconv.ParseUint(value[i+1:i+3], 16, 8); err == nil {
				decoded = append(decoded, byte(code))
				i += 2
				continue
			}
		}
		decoded = append(decoded, value[i])
	}
	return string(bytes.ToValidUTF8(decoded, []byte("\uFFFD")))
}

func isKnownCode(code connect.Code) bool {
	return code >= connect.CodeCanceled && code <= connect.CodeUnauthenticated
}

func codeOf(value any) (connect.Code, bool) {
	name, _ := value.(string)
	for code := connect.CodeCanceled; isKnownCode(code); code++ {
		if code.String() == name {
			return code, true
		}
	}
	return 0, false
}

func connectError(object jsonObject, code connect.Code, metadata http.Header) *connect.Error {
	message, _ := object["message"].(string)
	err := connect.NewWireError(code, errors.New(message))
	list, _ := object["details"].([]any)
	var details []*anypb.Any
	for _, each := range list {
		if detail := connectDetail(each); detail != nil {
			details = append(details, detail)
		}
	}
	addDetails(err, details)
	addHeaders(err.Meta(), metadata)
	return err
}

func connectDetail(value any) *anypb.Any {
	object, _ := value.(jsonObject)
	name, isName := object["type"].(string)
	encoded, isText := object["value"].(string)
	if !isName || !isText {
		return nil
	}
	decoded, err := decodeBase64(encoded)
	if err != nil {
		return nil
	}
	return &anypb.Any{TypeUrl: typeURL(name), Value: decoded}
}

func typeURL(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "type.googleapis.com/" + name
}

func addDetails(err *connect.Error, details []*anypb.Any) {
	for _, each := range details {
		// Of an Any nothing can fail: it is not packed into another.
		if detail, failed := connect.NewErrorDetail(each); failed == nil {
			err.AddDetail(detail)
		}
	}
}

func endMetadata(value any) http.Header {
	metadata := http.Header{}
	object, _ := value.(jsonObject)
	for name, each := range object {
		values, _ := each.([]any)
		for _, value := range values {
			if text, ok := value.(string); ok && isHeaderName(name) && isHeaderValue(text) {
				metadata.Add(name, text)
			}
		}
	}
	return metadata
}

func addHeaders(to, from http.Header) {
	for name, values := range from {
		to[name] = append(to[name], values...)
	}
}

// The values of a header as one (RFC 9110, section 5.3).
func joined(header http.Header, name string) string {
	switch values := header[name]; len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	default:
		return strings.Join(values, ", ")
	}
}

// False where nothing is stated, or that nothing failed.
func codeOfStatus(fields http.Header) (connect.Code, bool) {
	if len(fields[grpcStatusHeader]) == 0 {
		return 0, false
	}
	values := strings.Split(joined(fields, grpcStatusHeader), ",")
	stated := strings.TrimSpace(values[0])
	for _, each := range values {
		// Twice the same is once.
		if strings.TrimSpace(each) != stated {
			return connect.CodeUnknown, true
		}
	}
	if stated == "" || strings.Trim(stated, "0123456789") != "" {
		return connect.CodeUnknown, true
	}
	number, err := strconv.ParseUint(stated, 10, 32)
	if err == nil && number == 0 {
		return 0, false
	}
	if code := connect.Code(number); err == nil && isKnownCode(code) {
		return code, true
	}
	return connect.CodeUnknown, true
}

// grpcStatus is google.rpc.Status.
type grpcStatus struct {
	code    int32
	message string
	details []*anypb.Any
}

// Something else that happens to be one as far as it goes is found out by what follows.
func readStatus(value string) grpcStatus {
	var status grpcStatus
	encoded, err := decodeBase64(value)
	ok := err == nil && eachField(encoded, func(field protowire.Number, number uint64, content []byte) {
		switch {
		case field == 1 && content == nil:
			status.code = int32(number)
		case field == 2 && content != nil:
			status.message = string(bytes.ToValidUTF8(content, []byte("\uFFFD")))
		case field == 3 && content != nil:
			if detail := anyDetail(content); detail != nil {
				status.details = append(status.details, detail)
			}
		}
	})
	if !ok {
		return grpcStatus{}
	}
	return status
}

// google.protobuf.Any.
func anyDetail(encoded []byte) *anypb.Any {
	var detail anypb.Any
	ok := eachField(encoded, func(field protowire.Number, _ uint64, content []byte) {
		switch {
		case field == 1 && content != nil:
			detail.TypeUrl = string(content)
		case field == 2 && content != nil:
			detail.Value = content
		}
	})
	if !ok || detail.TypeUrl == "" || !utf8.ValidString(detail.TypeUrl) {
		return nil
	}
	return &detail
}

// eachField calls with each field of a message that is a varint (no content) or of a length (never nil). False if it is
// no message.
func eachField(encoded []byte, each func(field protowire.Number, number uint64, content []byte)) bool {
	for len(encoded) > 0 {
		field, wireType, n := protowire.ConsumeTag(encoded)
		if n < 0 {
			return false
		}
		encoded = encoded[n:]
		switch wireType {
		case protowire.VarintType:
			var number uint64
			if number, n = protowire.ConsumeVarint(encoded); n >= 0 {
				each(field, number, nil)
			}
		case protowire.BytesType:
			var content []byte
			if content, n = protowire.ConsumeBytes(encoded); n >= 0 {
				each(field, 0, append([]byte{}, content...))
			}
		default:
			n = protowire.ConsumeFieldValue(field, wireType, encoded)
		}
		if n < 0 {
			return false
		}
		encoded = encoded[n:]
	}
	return true
}

// Either alphabet of RFC 4648, with or without padding.
func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(text, "=")
	if strings.ContainsAny(text, "-_") {
		return base64.RawURLEncoding.DecodeString(text)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// What is no JSON is nil.
func parseJSON(encoded []byte) any {
	var value any
	if json.Unmarshal(bytes.TrimPrefix(encoded, []byte("\uFEFF")), &value) != nil {
		return nil
	}
	return value
}
