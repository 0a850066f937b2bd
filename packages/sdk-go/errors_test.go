package ameide

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/ameideio/ameide-sdk-go/internal/nearest"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

func serversError(t *testing.T, text string, details ...proto.Message) *connect.Error {
	t.Helper()
	source := connect.NewWireError(connect.CodePermissionDenied, errors.New(text))
	for _, each := range details {
		detail, err := connect.NewErrorDetail(each)
		if err != nil {
			t.Fatal(err)
		}
		source.AddDetail(detail)
	}
	return source
}

func TestErrorIsAConnectError(t *testing.T) {
	source := connect.NewError(connect.CodeCanceled, &told{"cut", fmt.Errorf("read: %w", syscall.ECONNRESET)})
	var err error = newError(source, errorFacts{origin: OriginTransport, code: connect.CodeUnavailable})
	var found *connect.Error
	if connect.CodeOf(err) != connect.CodeUnavailable || !errors.As(err, &found) || found.Message() != "cut" {
		t.Error(err)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Error("the cause is lost")
	}
	wrapped := fmt.Errorf("outer: %w", err)
	if FromError(wrapped) != err || FromError(nil) != nil {
		t.Error("FromError gives another")
	}
	if e := FromError(context.Canceled); e.Code != connect.CodeCanceled || e.Origin != OriginClient {
		t.Error(e)
	}
}

func TestErrorIsTheEndOfAContextOnlyWhereItWasTheCallers(t *testing.T) {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF} {
		source := connect.NewError(connect.CodeUnavailable, fmt.Errorf("x: %w", cause))
		err := newError(source, errorFacts{origin: OriginTransport})
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) {
			t.Errorf("%v shows", cause)
		}
		ended := newError(source, errorFacts{origin: OriginClient, callerEnd: context.DeadlineExceeded})
		if !errors.Is(ended, context.DeadlineExceeded) || connect.CodeOf(ended) != connect.CodeUnavailable {
			t.Errorf("%v: the caller's end does not show", cause)
		}
	}
}

func TestErrorPromotesDetailsWithinBounds(t *testing.T) {
	bad := &errdetails.BadRequest{}
	for i := range 150 {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: fmt.Sprint("f", i), Description: strings.Repeat("ä", 1000),
		})
	}
	// 150 entries of 2000 bytes are more than is read of a kind.
	tooMuch := newError(serversError(t, "no", bad), errorFacts{origin: OriginServer})
	if len(tooMuch.FieldViolations) != 0 || len(tooMuch.Details) != 1 {
		t.Error(len(tooMuch.FieldViolations))
	}
	for _, each := range bad.FieldViolations {
		each.Description = "d\n" + strings.Repeat("ä", 200)
	}
	info := &errdetails.ErrorInfo{Reason: "R", Domain: "d.example", Metadata: map[string]string{"token": "s3cret-0123456789"}}
	e := newError(serversError(t, "no", bad, &emptypb.Empty{}, info, &errdetails.ErrorInfo{Reason: "second"}),
		errorFacts{origin: OriginServer, secrets: []string{"s3cret-0123456789"}})
	if len(e.FieldViolations) != 100 || e.Reason != "R" || e.Domain != "d.example" || e.ReasonMetadata["token"] != "REDACTED" || len(e.Details) != 4 {
		t.Errorf("%d violations, %q, %q, %v", len(e.FieldViolations), e.Reason, e.Domain, e.ReasonMetadata)
	}
	printed, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		FieldViolations []FieldViolation
		Details         []string
	}
	if err := json.Unmarshal(printed, &read); err != nil {
		t.Fatal(err)
	}
	last := read.FieldViolations[len(read.FieldViolations)-1]
	if len(read.FieldViolations) != 11 || last != (FieldViolation{"…", "140 more"}) ||
		read.FieldViolations[0].Description != "d "+strings.Repeat("ä", 127)+"…" {
		t.Errorf("%d, %+v, %q", len(read.FieldViolations), last, read.FieldViolations[0].Description)
	}
	if len(read.Details) != 4 || read.Details[1] != "0 bytes of google.protobuf.Empty" {
		t.Error(read.Details)
	}
}

func TestErrorPrintsNoSecretsAndNoControlCharacters(t *testing.T) {
	source := serversError(t, "bad S3CRET-0123456789\x1b[31m\n"+strings.Repeat("x", 3000))
	source.Meta().Set("Set-Cookie", "s3cret-0123456789")
	e := newError(source, errorFacts{
		origin: OriginServer, secrets: []string{"s3cret-0123456789"}, method: "a.B/C",
		attempts: []AttemptFailure{{Code: connect.CodeUnavailable, Class: ClassTransient, Sent: SentYes, Duration: 1500 * time.Microsecond}},
	})
	if len(e.Message) != 1024 || e.Metadata.Get("Set-Cookie") == "" {
		t.Error(len(e.Message))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", e)
	asJSON, _ := json.Marshal(e)
	for _, text := range []string{e.Error(), fmt.Sprintf("%+v %#v %q", e, e, e), string(asJSON), log.String(), e.source.Error()} {
		if strings.Contains(strings.ToLower(text), "s3cret") || strings.ContainsAny(text, "\x1b\x00") {
			t.Errorf("%.200q", text)
		}
	}
	if !strings.Contains(log.String(), `"err":{"code":"permission_denied"`) || !strings.Contains(log.String(), `"durationMs":1.5`) {
		t.Error(log.String())
	}
}

// What is cut is not read: an error takes as much memory however long its message is.
func TestErrorsReadTheStartOfAMessage(t *testing.T) {
	bytesFor := func(length int) uint64 {
		source := connect.NewError(connect.CodeInternal, errors.New("s3cret-0123456789 "+strings.Repeat("x", length)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := newError(source, errorFacts{secrets: []string{"s3cret-0123456789"}})
		runtime.ReadMemStats(&after)
		if !strings.HasPrefix(e.Message, "REDACTED x") {
			t.Errorf("%q", e.Message)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if short, long := bytesFor(10_000), bytesFor(10_000_000); long > 2*short+100_000 {
		t.Errorf("%d bytes for a short one, %d for a long one", short, long)
	}
}

// What a handler returns: nothing of the answer it got, and who called it is not to repeat what was repeated.
func TestHandlerSendsAnErrorOn(t *testing.T) {
	source := serversError(t, "no", &errdetails.ErrorInfo{Reason: "R"})
	source.Meta().Set("X-Internal", "for us")
	two := []AttemptFailure{{}, {}}
	for _, each := range []struct {
		facts    errorFacts
		pushback string
	}{
		{errorFacts{origin: OriginServer}, ""},
		{errorFacts{origin: OriginServer, attempts: two}, "-1"},
		{errorFacts{origin: OriginServer, stopReason: StopBudget}, "-1"},
	} {
		handler := connect.NewUnaryHandler("/a.B/C", func(context.Context, *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error) {
			return nil, fmt.Errorf("in a handler: %w", newError(source, each.facts))
		})
		server := httptest.NewServer(handler)
		client := connect.NewClient[emptypb.Empty, emptypb.Empty](http.DefaultClient, server.URL+"/a.B/C")
		_, err := client.CallUnary(context.Background(), connect.NewRequest(&emptypb.Empty{}))
		server.Close()
		var got *connect.Error
		if !errors.As(err, &got) || got.Code() != connect.CodePermissionDenied || got.Meta().Get("X-Internal") != "" ||
			got.Meta().Get("Grpc-Retry-Pushback-Ms") != each.pushback || len(got.Details()) != 1 {
			t.Errorf("%v with %v", err, got.Meta())
		}
	}
}

func TestConfigErrorNamesOptionAndRule(t *testing.T) {
	for _, each := range []struct {
		got  *Error
		want string
	}{
		{configError("auth.token", "must be one", "s3cret"), "option auth.token: must be one, got a string (BearerToken)"},
		{configError("tls", "must be one", nil), "option tls: must be one, got null (WithTLS)"},
		{namingConfigError("timeoutMs", "must be positive", -5*time.Second), "option timeoutMs: must be positive, got a negative duration (-5s) (WithTimeout)"},
		{namingConfigError("n", "must be 1 to 5", 9), "option n: must be 1 to 5, got 9"},
		{namingConfigError("n", "must be 1 to 5", 0), "option n: must be 1 to 5, got zero"},
		{namingConfigError("code", "must be a code", "unavailabel", codeNames...), "option code: did you mean unavailable? It must be a code, got unavailabel"},
		{configErrors([]fault{durationFault("timeoutMs", "must be milliseconds", "1.5s")}, 1), `option timeoutMs: must be a number of milliseconds: 1500, not "1.5s" (WithTimeout)`},
		{configErrors([]fault{{"a", "x", ""}, {"b", "y", ", got z"}}, 3), "3 options are wrong: a: x; b: y, got z"},
	} {
		if each.got.Message != each.want || each.got.Code != connect.CodeInvalidArgument || each.got.Reason != ReasonConfigInvalid {
			t.Errorf("%v, want %s", each.got, each.want)
		}
		if len(each.got.FieldViolations) == 0 {
			t.Error("no violation")
		}
	}
}

func TestThrownTextTellsCausesOnceAndNoSecrets(t *testing.T) {
	inner := errors.New("GET https://user:pass@vault.test/x?token=abc#f failed")
	loop := &told{text: "outer"}
	loop.cause = fmt.Errorf("middle: %w", errors.Join(inner, loop))
	text := thrownText(loop)
	if want := "outer: middle: GET https://vault.test/x failed"; !strings.HasPrefix(text, want) || strings.Contains(text, "pass") || strings.Contains(text, "abc") {
		t.Error(text)
	}
	for secret, want := range map[string]string{
		"client_secret=hunter2":              "client_secret=REDACTED",
		`{"access_token":"abc"}`:             `{"access_token":"REDACTED"}`,
		"Authorization: Bearer abc":          "Authorization: Bearer REDACTED",
		"got eyJhbGciOi.eyJzdWIi.x_-y":       "got REDACTED",
		"key 0123456789abcdef0 is bad":       "key REDACTED is bad",
		"-----BEGIN PRIVATE KEY-----\nMIIE":  "REDACTED",
		"no secret in constantinopolitanism": "no secret in constantinopolitanism",
	} {
		if got := thrownTextWithoutTokens(errors.New(secret)); got != want {
			t.Errorf("%q is told as %q", secret, got)
		}
	}
}

func TestNearestName(t *testing.T) {
	known := []string{"maxAttempts", "baseDelayMs", "timeoutMs"}
	for name, want := range map[string]string{
		"maxAttempt": "maxAttempts", "MAXATTEMPTS": "maxAttempts", "timeuotMs": "timeoutMs", "other": "", "": "", strings.Repeat("x", 300): "",
	} {
		if got := nearest.Of(name, known); got != want {
			t.Errorf("%.20q: %q", name, got)
		}
	}
}

// The words of errors are those of the policy.
func TestWordsOfErrors(t *testing.T) {
	for own, known := range map[any]any{
		OriginServer: policy.OriginServer, OriginTransport: policy.OriginTransport, OriginClient: policy.OriginClient,
		SentNo: policy.SentNo, SentMaybe: policy.SentMaybe, SentYes: policy.SentYes,
		ClassNotSent: policy.NotSent, ClassAmbiguous: policy.Ambiguous, ClassThrottle: policy.Throttle,
		ClassTransient: policy.Transient, ClassNever: policy.Never,
		StopCanceled: policy.StopCanceled, StopCommitted: policy.StopCommitted, StopNotRetryable: policy.StopNotRetryable,
		StopNotIdempotent: policy.StopNotIdempotent, StopPushback: policy.StopPushback, StopAttempts: policy.StopAttempts,
		ReasonRedirectRefused: policy.ReasonRedirectRefused,
		StopServerDelay:       policy.StopServerDelay, StopDeadline: policy.StopDeadline, StopBudget: policy.StopBudget,
	} {
		if fmt.Sprint(own) != fmt.Sprint(known) {
			t.Errorf("%v is %v", own, known)
		}
	}
}
