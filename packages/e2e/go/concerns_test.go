package e2e

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
)

func TestConcerns(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"headers":    headers,
		"request id": requestID,
		"auth":       auth,
		"retry":      retry,
		"timeout":    timeout,
		"tracing":    tracing,
	} {
		t.Run(name, func(t *testing.T) {
			concern(t, name)
			test(t)
		})
	}
}

// Every attempt names tenant, credential and client.
func headers(t *testing.T) {
	attempts := &attempts{}
	threads := client(t, nil, ameide.WithObserver(attempts.observe))
	if _, err := threads.ListThreads(t.Context(), &threadsv1.ListThreadsRequest{PageSize: 1}); err != nil {
		t.Fatal(err)
	}
	started := attempts.all()
	if len(started) != 1 {
		t.Fatalf("%d attempts", len(started))
	}
	sent := started[0].Headers
	if sent["authorization"] != "REDACTED" || sent["x-tenant-id"] != "REDACTED" {
		t.Errorf("sent %v", sent)
	}
	if !regexp.MustCompile(`^ameide-sdk-go/`).MatchString(sent["user-agent"]) {
		t.Errorf("user-agent is %q", sent["user-agent"])
	}
}

// The server answers with the id of the call.
func requestID(t *testing.T) {
	threads := client(t, nil)
	const id = "suite-of-the-concerns"
	ctx, info := connect.NewClientContext(ameide.WithCall(t.Context(), ameide.WithRequestID(id)))
	if _, err := threads.ListThreads(ctx, &threadsv1.ListThreadsRequest{PageSize: 1}); err != nil {
		t.Fatal(err)
	}
	if answered := info.ResponseHeader().Get("X-Request-Id"); answered != id {
		t.Errorf("the answer has the id %q", answered)
	}
	_, err := threads.GetThread(ameide.WithCall(t.Context(), ameide.WithRequestID(id)),
		&threadsv1.GetThreadRequest{ThreadId: "no-such-thread"})
	failed := failure(t, err)
	if failed.Code != connect.CodeNotFound || failed.Origin != ameide.OriginServer || failed.RequestID != id {
		t.Errorf("%v, %v, request id %q", failed.Code, failed.Origin, failed.RequestID)
	}
}

// A token that the server does not know is refused, and not tried again.
func auth(t *testing.T) {
	threads := client(t, nil, ameide.WithAuth(ameide.BearerToken("a-token-of-nobody")))
	_, err := threads.ListThreads(t.Context(), &threadsv1.ListThreadsRequest{PageSize: 1})
	failed := failure(t, err)
	if failed.Code != connect.CodeUnauthenticated || failed.Origin != ameide.OriginServer || len(failed.Attempts) != 1 {
		t.Errorf("%v, %v, %d attempts", failed.Code, failed.Origin, len(failed.Attempts))
	}
}

// A lost answer is asked for again, and creates nothing twice.
func retry(t *testing.T) {
	attempts := &attempts{}
	lossy := &losesFirstAnswer{next: suite.roundTripper}
	threads := client(t, lossy, ameide.WithObserver(attempts.observe))
	title := "suite-" + time.Now().Format(time.RFC3339Nano)
	created, err := threads.CreateThread(t.Context(), &threadsv1.CreateThreadRequest{Title: title})
	if err != nil {
		t.Fatal(err)
	}
	started := attempts.all()
	remove(t, threads, created.GetThread().GetId())
	if len(started) != 2 || started[0].IdempotencyKey == "" || started[0].IdempotencyKey != started[1].IdempotencyKey {
		t.Errorf("attempts %v", started)
	}
	found := 0
	list := &threadsv1.ListThreadsRequest{PageSize: 1000}
	for {
		page, err := threads.ListThreads(t.Context(), list)
		if err != nil {
			t.Fatal(err)
		}
		for _, thread := range page.GetThreads() {
			if thread.GetTitle() == title {
				found++
			}
		}
		if list.PageToken = page.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	if found != 1 {
		t.Errorf("%d threads were created", found)
	}
}

// A stream ends at its deadline.
func timeout(t *testing.T) {
	threads := client(t, nil)
	created, err := threads.CreateThread(t.Context(), &threadsv1.CreateThreadRequest{Title: "watched"})
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetThread().GetId()
	remove(t, threads, id)
	ctx := ameide.WithCall(t.Context(), ameide.WithTimeout(500*time.Millisecond))
	stream, err := threads.WatchThread(ctx, &threadsv1.WatchThreadRequest{ThreadId: id})
	if err == nil {
		for stream.Receive() {
			// Nothing happens to it.
			continue
		}
		err = stream.Err()
		_ = stream.Close()
	}
	failed := failure(t, err)
	if failed.Code != connect.CodeDeadlineExceeded || failed.StopReason != ameide.StopDeadline {
		t.Errorf("%v, %v", failed.Code, failed.StopReason)
	}
}

// What is sent belongs to the span of the call.
func tracing(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	attempts := &attempts{}
	threads := client(t, nil, ameide.WithTelemetry(provider, nil), ameide.WithObserver(attempts.observe))
	if _, err := threads.ListThreads(t.Context(), &threadsv1.ListThreadsRequest{PageSize: 1}); err != nil {
		t.Fatal(err)
	}
	spans := exporter.GetSpans()
	if len(spans) != 1 || spans[0].Name != "ameide.threads.v1.ThreadsService/ListThreads" {
		t.Fatalf("spans %v", spans)
	}
	span := spans[0].SpanContext
	want := "00-" + span.TraceID().String() + "-" + span.SpanID().String() + "-01"
	if sent := attempts.all()[0].Headers["traceparent"]; sent != want {
		t.Errorf("traceparent is %q, want %q", sent, want)
	}
}

func client(t *testing.T, roundTripper http.RoundTripper, options ...ameide.Option) threadsv1connect.ThreadsServiceClient {
	t.Helper()
	return ameide.NewClient(suite.connect(t, roundTripper, options...), threadsv1connect.NewThreadsServiceClient)
}

func remove(t *testing.T, threads threadsv1connect.ThreadsServiceClient, id string) {
	t.Helper()
	t.Cleanup(func() {
		// The context of the test has ended.
		if _, err := threads.DeleteThread(context.Background(), &threadsv1.DeleteThreadRequest{ThreadId: id}); err != nil {
			t.Error(err)
		}
	})
}

func failure(t *testing.T, err error) *ameide.Error {
	t.Helper()
	var failed *ameide.Error
	if !errors.As(err, &failed) {
		t.Fatalf("expected an *ameide.Error, got %v", err)
	}
	return failed
}

// attempts collects those that a client starts.
type attempts struct {
	mu      sync.Mutex
	started []ameide.AttemptStarted
}

func (a *attempts) observe(event ameide.Event) {
	if started, is := event.(ameide.AttemptStarted); is {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.started = append(a.started, started)
	}
}

func (a *attempts) all() []ameide.AttemptStarted {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.started
}

// losesFirstAnswer lets the server act, and loses what it answers.
type losesFirstAnswer struct {
	next http.RoundTripper
	lost atomic.Bool
}

func (l *losesFirstAnswer) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(request)
	if err == nil && l.lost.CompareAndSwap(false, true) {
		_ = response.Body.Close()
		return nil, syscall.ECONNRESET
	}
	return response, err
}
