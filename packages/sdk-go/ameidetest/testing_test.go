package ameidetest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// busyThreads fails so many times before it answers.
type busyThreads struct {
	threadsv1connect.UnimplementedThreadsServiceHandler

	failures int
}

func (b *busyThreads) GetThread(
	ctx context.Context, _ *threadsv1.GetThreadRequest,
) (*threadsv1.GetThreadResponse, error) {
	if b.failures--; b.failures >= 0 {
		return nil, connect.NewError(connect.CodeUnavailable, errors.New("busy"))
	}
	if _, limited := ctx.Deadline(); !limited {
		return nil, errors.New("the handler is told no deadline")
	}
	return &threadsv1.GetThreadResponse{Thread: &threadsv1.Thread{Id: "t1"}}, nil
}

func (b *busyThreads) WatchThread(
	ctx context.Context, _ *threadsv1.WatchThreadRequest, stream *connect.ServerStream[threadsv1.WatchThreadResponse],
) error {
	for {
		if err := stream.Send(&threadsv1.WatchThreadResponse{}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func handlerOf(service threadsv1connect.ThreadsServiceHandler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(service))
	return mux
}

func threadsOver(transport *ameide.Transport) threadsv1connect.ThreadsServiceClient {
	return ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
}

func TestRetryInABubble(t *testing.T) {
	for _, protocol := range []ameide.Protocol{ameide.ProtocolConnect, ameide.ProtocolGRPC, ameide.ProtocolGRPCWeb} {
		synctest.Test(t, func(t *testing.T) {
			var timers ameidetest.Timers
			transport, err := ameidetest.NewTransport(handlerOf(&busyThreads{failures: 2}), ameide.WithTenant("acme"),
				ameide.WithProtocol(protocol), ameidetest.WithTimers(&timers),
				ameidetest.WithRandom(ameidetest.Random{Backoff: ameidetest.Sequence(0.5)}))
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			began := time.Now()
			response, err := threadsOver(transport).GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
			if err != nil || response.GetThread().GetId() != "t1" {
				t.Fatal(response, err)
			}
			waits := []time.Duration{25 * time.Millisecond, 50 * time.Millisecond}
			if took := time.Since(began); took != 75*time.Millisecond || !reflect.DeepEqual(timers.Sleeps(), waits) {
				t.Errorf("%s: it took %v, with waits of %v", protocol, took, timers.Sleeps())
			}
			if timers.Left() != 0 || timers.Longest() < time.Second {
				t.Errorf("%d timers are left, the longest of %v", timers.Left(), timers.Longest())
			}
		})
	}
}

func TestStreamsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, err := ameidetest.NewTransport(handlerOf(&busyThreads{}), ameide.WithTenant("acme"))
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		stream, err := threadsOver(transport).WatchThread(t.Context(), &threadsv1.WatchThreadRequest{ThreadId: "t1"})
		if err != nil {
			t.Fatal(err)
		}
		began, count := time.Now(), 0
		for _, err := range ameide.Messages(stream) {
			if err != nil {
				t.Fatal(err)
			}
			if count++; count == 3 {
				break
			}
		}
		if time.Since(began) != 2*time.Second {
			t.Errorf("three messages took %v", time.Since(began))
		}
		// The handler ends with its call: else the bubble could not end.
	})
}

func TestRoundTripper(t *testing.T) {
	client := ameidetest.NewRoundTripper(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "X-Declared")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, string(asked)+" and back")
		w.Header().Set("X-Declared", "1")
		w.Header().Set(http.TrailerPrefix+"X-Late", "2")
		if err != nil || r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}))
	send := func(path string) (*http.Response, string, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://memory.test"+path, strings.NewReader("there"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		return response, string(body), errors.Join(err, response.Body.Close())
	}
	response, body, err := send("/ok")
	if err != nil || response.StatusCode != http.StatusTeapot || body != "there and back" {
		t.Errorf("%v, %q, %v", response.Status, body, err)
	}
	if trailer := response.Trailer; trailer.Get("X-Declared") != "1" || trailer.Get("X-Late") != "2" {
		t.Errorf("trailers are %v", trailer)
	}
	if _, _, err := send("/panic"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a handler that panics: %v", err)
	}
}

func TestRoundTripperEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := make(chan error, 1)
		client := ameidetest.NewRoundTripper(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
			<-r.Context().Done()
		}))
		reason := errors.New("it is over")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(reason) })
		body, writer := io.Pipe()
		defer func() { _ = writer.Close() }()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://memory.test/", body)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := client.RoundTrip(request); !errors.Is(err, reason) {
			_ = response.Body.Close()
			t.Errorf("%v", err)
		}
		if err := <-read; err == nil {
			t.Error("the handler has read a whole body")
		}
	})
}

func TestSeeded(t *testing.T) {
	draw := func(seed uint64) []float64 {
		random := ameidetest.Seeded(seed)
		bytes := make([]byte, 2)
		random.Bytes(bytes)
		return []float64{random.Backoff(), random.Backoff(), random.AuthJitter(), float64(bytes[0]), float64(bytes[1])}
	}
	if !reflect.DeepEqual(draw(1), draw(1)) || reflect.DeepEqual(draw(1), draw(2)) {
		t.Errorf("%v, %v, %v", draw(1), draw(1), draw(2))
	}
	sequence := ameidetest.Sequence(0.1, 0.2)
	if got := []float64{sequence(), sequence(), sequence()}; !reflect.DeepEqual(got, []float64{0.1, 0.2, 0.2}) {
		t.Errorf("%v", got)
	}
}

func TestRandomThatIsNone(t *testing.T) {
	transport, err := ameidetest.NewTransport(handlerOf(&busyThreads{failures: 1}), ameide.WithTenant("acme"),
		ameidetest.WithRandom(ameidetest.Random{Backoff: ameidetest.Sequence(1)}))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	defer func() {
		if reason := recover(); reason != "ameidetest: Backoff gave 1, not a number from 0 to less than 1" {
			t.Errorf("%v", reason)
		}
	}()
	_, err = threadsOver(transport).GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	t.Errorf("it went on: %v", err)
}

func TestWatchCredentials(t *testing.T) {
	watch := ameidetest.WatchCredentials(ameidetest.NewRoundTripper(handlerOf(&busyThreads{})), "https://API.test", "s3cret")
	for _, each := range []struct{ baseURL, leaked string }{
		{"https://api.test", ""},
		{"https://other.test", "the header Authorization went to https://other.test"},
	} {
		transport, err := ameide.NewTransport(each.baseURL, ameide.WithTenant("acme"),
			ameide.WithRoundTripper(watch), ameide.WithAuth(ameide.BearerToken("s3cret")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := threadsOver(transport).GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"}); err != nil {
			t.Fatal(err)
		}
		transport.Close()
		leaked := ""
		if err := watch.Leaked(); err != nil {
			leaked = err.Error()
		}
		if leaked != each.leaked {
			t.Errorf("%q, and not %q", leaked, each.leaked)
		}
	}
	if requests := watch.Requests(); len(requests) != 2 || requests[0].Method != http.MethodPost {
		t.Errorf("%v", requests)
	}
}
