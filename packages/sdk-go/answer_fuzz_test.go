package ameide

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

const fuzzedToken = "s3cret-0123456789"

// An answer is one that any server may give.
type anyAnswer struct {
	status      int
	contentType string
	trailer     http.Header
	body        []byte
}

func (a anyAnswer) RoundTrip(request *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.contentType}}, Trailer: a.trailer,
		Body: io.NopCloser(bytes.NewReader(a.body)), Request: request, ProtoMajor: 2,
	}, nil
}

// expectTold calls a unary method and a stream of a server that answers so, and looks at the errors.
func (a anyAnswer) expectTold(t *testing.T, protocol Protocol) {
	transport, err := NewTransport("https://api.test", WithRoundTripper(a), WithTenant("acme"), WithoutRetry(),
		WithProtocol(protocol), WithAuth(BearerToken(fuzzedToken)), WithReadMaxBytes(1<<16), WithoutTelemetry())
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	threads := NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	_, err = threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	expectBounded(t, err)
	stream, err := threads.WatchThread(t.Context(), &threadsv1.WatchThreadRequest{ThreadId: "t1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range Messages(stream) {
		expectBounded(t, err)
	}
}

func expectBounded(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var told *Error
	if !errors.As(err, &told) {
		t.Fatalf("%T is no Error", err)
	}
	encoded, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{told.Error(), string(encoded), fmt.Sprintf("%v %+v %#v", told, told, told)} {
		if len(text) > 64<<10 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("it is printed as %d bytes: %.300q", len(text), text)
		}
		if strings.Contains(text, fuzzedToken) {
			t.Errorf("it tells the token: %.300q", text)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "\x00", "null", "{}", `{"code":"unavailable"}`, `{"code":"not_found","message":"a\u0000b\u2028 ` + fuzzedToken + `"}`,
		`{"code":7,"message":[],"details":{}}`, `{"code":"internal","details":[{"type":"a","value":"!"},{"type":1}]}`,
		`{"error":{"code":"aborted","message":"m"},"metadata":{"retry-after":["1"],"x":7,"a b":["c"]}}`,
		"\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x02{}\x02\x00\x00\x00\x02{}", "\x02\xff\xff\xff\xff", "\x01\x00\x00\x00\x01\x00",
		"\x80\x00\x00\x00\x10grpc-status: 14\r", "\x80\x00\x00\x00\x20grpc-status:5\r\ngrpc-message:%00%zz",
		"<html>" + strings.Repeat("busy ", 500), "\x1f\x8b\x08\x00\x00\x00\x00\x00", strings.Repeat("[", 10_000), "\xff\xfe\xfd",
	} {
		for _, protocol := range []Protocol{ProtocolConnect, ProtocolGRPC, ProtocolGRPCWeb} {
			f.Add([]byte(seed), 200, contentTypeOf(protocol, true), string(protocol), "14", "busy")
			f.Add([]byte(seed), 503, contentTypeOf(protocol, false), string(protocol), "x", "%e2%80%a8")
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, contentType, protocol, grpcStatus, grpcMessage string) {
		if status < 200 || status > 999 {
			return
		}
		switch Protocol(protocol) {
		case ProtocolConnect, ProtocolGRPC, ProtocolGRPCWeb:
		default:
			return
		}
		trailer := http.Header{"Grpc-Status": {grpcStatus}, "Grpc-Message": {grpcMessage}}
		anyAnswer{status, contentType, trailer, body}.expectTold(t, Protocol(protocol))
	})
}

func contentTypeOf(protocol Protocol, good bool) string {
	switch {
	case protocol == ProtocolGRPC:
		return "application/grpc+proto"
	case protocol == ProtocolGRPCWeb:
		return "application/grpc-web+proto"
	case good:
		return "application/connect+proto"
	default:
		return "application/json"
	}
}

// FuzzDetails has any bytes stand for a detail of google.rpc.
func FuzzDetails(f *testing.F) {
	details := []proto.Message{
		&errdetails.ErrorInfo{Reason: "R", Domain: "d", Metadata: map[string]string{"k": "v", "token": fuzzedToken}},
		&errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: 1, Nanos: -1}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "a\nb", Description: "\x00"}}},
		&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: "s", Description: strings.Repeat("d", 9_000)}}},
		&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{{Type: "t", Subject: "s"}}},
		&errdetails.RequestInfo{RequestId: "id\u2028" + strings.Repeat("x", 3_000)},
	}
	for _, detail := range details {
		encoded, err := proto.Marshal(detail)
		if err != nil {
			f.Fatal(err)
		}
		name := string(detail.ProtoReflect().Descriptor().FullName())
		f.Add(name, encoded)
		f.Add(name, encoded[:len(encoded)/2])
		f.Add(name, bytes.Repeat(encoded, 200))
		f.Add("type.googleapis.com/"+name, append([]byte{0xff, 0x01}, encoded...))
	}
	f.Fuzz(func(t *testing.T, name string, value []byte) {
		body, err := json.Marshal(map[string]any{
			"code": "unavailable", "message": "busy",
			"details": []map[string]string{{"type": name, "value": base64.RawStdEncoding.EncodeToString(value)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		anyAnswer{status: 503, contentType: "application/json", body: body}.expectTold(t, ProtocolConnect)
	})
}
