package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// detail is a detail of an error: the full name of its message, and its bytes.
type detail struct {
	name  string
	value []byte
}

// errorJSON is an error as the Connect protocol has it in JSON.
func errorJSON(answer *pb.ErrorAnswer) map[string]any {
	object := map[string]any{"code": answer.GetCode()}
	if message := errorMessage(answer); message != "" {
		object["message"] = message
	}
	details := []any{}
	for _, each := range detailsOf(answer) {
		value := base64.RawStdEncoding.EncodeToString(each.value)
		details = append(details, map[string]any{"type": each.name, "value": value})
	}
	if len(details) > 0 {
		object["details"] = details
	}
	malformJSON(object, answer.GetMalformed())
	return object
}

// setGRPCStatus sets what gRPC says at the end of an answer; nil stands for a good end.
func setGRPCStatus(target http.Header, answer *pb.ErrorAnswer) {
	if answer == nil {
		target.Set("Grpc-Status", "0")
		return
	}
	code, known := codeNamed(answer.GetCode())
	if !known {
		panic(fmt.Errorf("gRPC knows no code %s", answer.GetCode()))
	}
	message := errorMessage(answer)
	target.Set("Grpc-Status", strconv.Itoa(int(code)))
	target.Set("Grpc-Message", percentEncoded(message))
	if details := detailsOf(answer); len(details) > 0 {
		whole := &status.Status{Code: int32(code), Message: message}
		for _, each := range details {
			packed := &anypb.Any{TypeUrl: "type.googleapis.com/" + each.name, Value: each.value}
			whole.Details = append(whole.Details, packed)
		}
		setDetails(target, encode(whole, false))
	}
	malformStatus(target, answer.GetMalformed())
}

func errorMessage(answer *pb.ErrorAnswer) string {
	return strings.Repeat(answer.GetMessage(), int(max(answer.GetMessageTimes(), 1)))
}

func detailsOf(answer *pb.ErrorAnswer) []detail {
	var details []detail
	for _, each := range answer.GetDetails() {
		value := bytes.Repeat(each.GetValue(), int(max(each.GetValueTimes(), 1)))
		for range max(each.GetTimes(), 1) {
			details = append(details, detail{each.GetType(), value})
		}
	}
	add := func(message proto.Message) {
		name := string(message.ProtoReflect().Descriptor().FullName())
		details = append(details, detail{name, encode(message, false)})
	}
	if answer.RetryInfoMs != nil {
		delay := durationpb.New(milliseconds(answer.GetRetryInfoMs()))
		add(&errdetails.RetryInfo{RetryDelay: delay})
	}
	if info := answer.GetErrorInfo(); info != nil {
		add(&errdetails.ErrorInfo{
			Reason:   info.GetReason(),
			Domain:   info.GetDomain(),
			Metadata: info.GetMetadata(),
		})
	}
	if fields := answer.GetFieldViolations(); len(fields) > 0 {
		request := &errdetails.BadRequest{}
		for _, each := range fields {
			request.FieldViolations = append(request.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: each.GetName(), Description: each.GetValue()})
		}
		add(request)
	}
	if id := answer.GetRequestId(); id != "" {
		add(&errdetails.RequestInfo{RequestId: id})
	}
	return details
}

// codeNamed finds a code by its name in Connect's spelling.
func codeNamed(name string) (connect.Code, bool) {
	var code connect.Code
	err := code.UnmarshalText([]byte(name))
	return code, err == nil && code.String() == name
}

// percentEncoded is a text as gRPC has it in a header.
func percentEncoded(text string) string {
	var encoded strings.Builder
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&encoded, "%%%02X", c)
		} else {
			encoded.WriteByte(c)
		}
	}
	return encoded.String()
}

func jsonText(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
