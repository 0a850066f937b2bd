package ameide

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

const listThreads = threadsv1connect.ThreadsServiceListThreadsProcedure

// An emptyAnswerer answers every request with an empty message, and keeps its headers.
type emptyAnswerer struct {
	mu   sync.Mutex
	seen []http.Header
}

func (e *emptyAnswerer) RoundTrip(request *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, request.Header.Clone())
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {request.Header.Get("Content-Type")}},
		Body: http.NoBody, Request: request, ProtoMajor: 2,
	}, nil
}

func (e *emptyAnswerer) last() http.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[len(e.seen)-1]
}

func listOver(ctx context.Context, transport *Transport) error {
	threads := NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	_, err := threads.ListThreads(ctx, &threadsv1.ListThreadsRequest{})
	return err
}

func mustTransport(t *testing.T, baseURL string, options ...Option) *Transport {
	t.Helper()
	transport, err := NewTransport(baseURL, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return transport
}

func mustDerive(t *testing.T, parent *Transport, options ...Option) *Transport {
	t.Helper()
	derived, err := parent.With(options...)
	if err != nil {
		t.Fatal(err)
	}
	return derived
}

func TestDerivedTransports(t *testing.T) {
	sender := &emptyAnswerer{}
	parent := mustTransport(t, "https://api.test/base/", WithRoundTripper(sender), WithTenant("acme"), WithHeader("x-a", "1"))
	if parent.BaseURL() != "https://api.test/base" {
		t.Error(parent.BaseURL())
	}
	derived := mustDerive(t, parent, WithTenant("globex"), WithHeader("X-B", "2"))
	for transport, tenant := range map[*Transport]string{parent: "acme", derived: "globex"} {
		if err := listOver(t.Context(), transport); err != nil {
			t.Fatal(err)
		}
		if header := sender.last(); header.Get("x-tenant-id") != tenant || header.Get("x-a") != "1" {
			t.Errorf("%v", header)
		}
	}
	if parent.client.budget != derived.client.budget {
		t.Error("the budget is not shared")
	}
	other := mustDerive(t, parent, WithBaseURL("https://other.test"), WithoutTenant(), WithHeaders(nil))
	if other.client.budget == parent.client.budget || other.BaseURL() != "https://other.test" {
		t.Error("another origin has another budget")
	}
	_, err := parent.With(WithBaseURL("https://other.test"))
	expectRefusal(t, err, "tenant", "must be stated for another origin")
}

func TestCredentialsAreShared(t *testing.T) {
	asked := 0
	auth := Provider(func(context.Context, TokenRequest) (Token, error) {
		asked++
		return Token{Token: "t1"}, nil
	})
	sender := &emptyAnswerer{}
	parent := mustTransport(t, "https://api.test", WithRoundTripper(sender), WithTenant("acme"), WithAuth(auth))
	for _, transport := range []*Transport{parent, mustDerive(t, parent), mustDerive(t, parent, WithAuth(auth))} {
		if err := listOver(t.Context(), transport); err != nil {
			t.Fatal(err)
		}
		if sender.last().Get("Authorization") != "Bearer t1" {
			t.Error("no token is sent")
		}
	}
	if asked != 1 {
		t.Errorf("the provider is asked %d times", asked)
	}
}

// Clients may be derived for every request: what is wrong is told once.
func TestToldOnce(t *testing.T) {
	t.Setenv("AMEIDE_SDK_RETRIES", "off")
	t.Setenv("AMEIDE_BASE_URL", "https://env.test")
	t.Setenv("AMEIDE_TOKEN", "s3cret")
	var log bytes.Buffer
	parent := mustTransport(t, "https://api.test", WithRoundTripper(&emptyAnswerer{}), WithTenant("acme"),
		WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		WithPolicy([]byte(`{"invented": 1}`)), WithMethod(listThreads+"s", WithTimeout(1e9)))
	for range 3 {
		if err := listOver(t.Context(), mustDerive(t, parent)); err != nil {
			t.Fatal(err)
		}
	}
	for text, count := range map[string]int{
		"retries are off": 1, "AMEIDE_TOKEN not sent": 1, "ignored: invented": 1, "selects nothing": 1, "s3cret": 0,
	} {
		if strings.Count(log.String(), text) != count {
			t.Errorf("%q is told %d times\n%s", text, strings.Count(log.String(), text), log.String())
		}
	}
}

func TestEnvironmentNamesWhatIsWrong(t *testing.T) {
	for variable, value := range map[string]string{
		"AMEIDE_TENANT": "s3cret s3cret", "AMEIDE_TOKEN": "Bearer s3cret", "AMEIDE_SDK_RETRIES": "no",
		"AMEIDE_TIMEOUT_MS": "1.5 s", "AMEIDE_MAX_ATTEMPTS": "6", "AMEIDE_BASE_URL": "ftp://s3cret",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			_, err := NewTransport("", WithHeader("x-a", "1"))
			if variable != "AMEIDE_BASE_URL" {
				_, err = NewTransport("https://api.test")
			}
			expectRefusal(t, err, variable, "must be")
		})
	}
	_, err := NewTransport("")
	expectRefusal(t, err, "baseUrl", "set AMEIDE_BASE_URL")
}

func TestKeyThatMeetsASecondProcedure(t *testing.T) {
	sender := &emptyAnswerer{}
	transport := mustTransport(t, "https://api.test", WithRoundTripper(sender), WithTenant("acme"))
	threads := NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	ctx := WithCall(t.Context(), WithIdempotencyKey("k"))
	for range 2 {
		if _, err := threads.CreateThread(ctx, &threadsv1.CreateThreadRequest{}); err != nil {
			t.Fatal(err)
		}
		if sender.last().Get("Idempotency-Key") != "k" {
			t.Error("the key is not sent")
		}
	}
	_, err := threads.AppendMessages(ctx, &threadsv1.AppendMessagesRequest{})
	expectRefusal(t, err, "idempotencyKey", "reached a call of ameide.threads.v1.ThreadsService/AppendMessages")
	if len(sender.seen) != 2 {
		t.Errorf("%d requests were sent", len(sender.seen))
	}
}

func TestClosedTransports(t *testing.T) {
	parent := mustTransport(t, "https://api.test", WithRoundTripper(&emptyAnswerer{}), WithTenant("acme"))
	derived := mustDerive(t, parent, WithTenant("globex"))
	derived.Close()
	for _, transport := range []*Transport{parent, derived, mustDerive(t, parent)} {
		err := listOver(t.Context(), transport)
		var closed *Error
		if !errors.As(err, &closed) || closed.Reason != ReasonClientClosed || closed.Code != connect.CodeFailedPrecondition {
			t.Errorf("%v", err)
		}
	}
	if parent.Drain(t.Context()) != 0 {
		t.Error("a closed client has calls")
	}
}

func TestExplainAll(t *testing.T) {
	transport := mustTransport(t, "https://api.test", WithRoundTripper(&emptyAnswerer{}), WithTenant("acme"))
	if all := transport.ExplainAll(); len(all) != 0 {
		t.Errorf("%v", all)
	}
	if err := listOver(t.Context(), transport); err != nil {
		t.Fatal(err)
	}
	all := transport.ExplainAll()
	if len(all) != 1 || "/"+all[0].Method != listThreads {
		t.Errorf("%v", all)
	}
}
