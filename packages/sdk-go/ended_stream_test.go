package ameide_test

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ameideio/ameide-sdk-go"
)

type parrot = connect.Client[wrapperspb.StringValue, wrapperspb.StringValue]

func parrotOver(client, options *ameide.Transport, procedure string) *parrot {
	url := client.BaseURL() + procedure
	return connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](client.HTTPClient(), url, options.Options()...)
}

// answering is an HTTP client that gives one answer to everything, and counts what it was asked.
type answering struct {
	contentType string
	asked       atomic.Int64
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	a.asked.Add(1)
	response := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: request}
	response.Header.Set("Content-Type", a.contentType)
	response.Body = http.NoBody
	return response, nil
}

func transportOver(t *testing.T, baseURL string, client http.RoundTripper) *ameide.Transport {
	transport, err := ameide.NewTransport(baseURL, ameide.WithRoundTripper(client), ameide.WithAuth(ameide.BearerToken("secret-of-a")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return transport
}

func TestCloseOfAStreamThatSentNothing(t *testing.T) {
	transport := transportOver(t, "https://a.test", &answering{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		stream := parrotOver(transport, transport, "/acme.v1.Parrot/Talk").CallBidiStream(t.Context())
		_ = stream.CloseResponse()
		_ = stream.CloseRequest()
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("CloseResponse does not return")
	}
}

// What ends a stream before the HTTP client has its request ends it for good: no attempt starts after that.
func TestStreamThatEndsBeforeItsRequest(t *testing.T) {
	const streams = 2_000
	for _, end := range []struct {
		name string
		code connect.Code
		by   func(cancel func(), stream *connect.BidiStreamForClient[text, text])
	}{
		{"closed", 0, func(_ func(), stream *connect.BidiStreamForClient[text, text]) { _ = stream.CloseResponse() }},
		{"canceled", connect.CodeCanceled, func(cancel func(), stream *connect.BidiStreamForClient[text, text]) {
			cancel()
			_, _ = stream.Receive()
		}},
	} {
		t.Run(end.name, func(t *testing.T) {
			var mu sync.Mutex
			var calls sync.WaitGroup
			ended, unsent := map[string]bool{}, 0
			there := &answering{contentType: "application/connect+proto"}
			transport, err := ameide.NewTransport("https://a.test", ameide.WithRoundTripper(there),
				ameide.WithObserver(func(event ameide.Event) {
					mu.Lock()
					defer mu.Unlock()
					id := event.Base().RequestID
					switch event := event.(type) {
					case ameide.AttemptStarted:
						if ended[id] {
							t.Error("an attempt starts after the end of its call")
						}
						unsent--
					case ameide.Done:
						ended[id] = true
						unsent++
						calls.Done()
						if event.Code != end.code {
							t.Errorf("it was done with %v", event.Code)
						}
					}
				}))
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			for range streams {
				calls.Add(1)
				ctx, cancel := context.WithCancel(t.Context())
				stream := parrotOver(transport, transport, "/acme.v1.Parrot/Talk").CallBidiStream(ctx)
				if err := stream.Send(nil); err != nil {
					t.Error(err)
				}
				end.by(cancel, stream)
				cancel()
			}
			calls.Wait()
			mu.Lock()
			defer mu.Unlock()
			if unsent == 0 {
				t.Error("all calls were sent before they ended")
			}
		})
	}
}

// On one processor Connect's goroutine for the request comes after the end.
func TestStreamThatIsClosedSendsNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const streams = 100
	there := &answering{contentType: "application/connect+proto"}
	transport := transportOver(t, "https://a.test", there)
	for range streams {
		stream := parrotOver(transport, transport, "/acme.v1.Parrot/Talk").CallBidiStream(t.Context())
		if err := stream.Send(nil); err != nil {
			t.Error(err)
		}
		_ = stream.CloseResponse()
		runtime.Gosched()
	}
	// Few may have been interrupted.
	if sent := there.asked.Load(); sent > streams/10 {
		t.Errorf("%d of %d were sent", sent, streams)
	}
}

func TestOptionsOfAnotherTransport(t *testing.T) {
	there := &answering{contentType: "application/proto"}
	a, b := transportOver(t, "https://a.test", &answering{}), transportOver(t, "https://b.test", there)
	_, err := parrotOver(b, a, "/acme.v1.Parrot/Repeat").CallUnary(context.Background(), connect.NewRequest(wrapperspb.String("x")))
	if failed := ameide.FromError(err); failed == nil || failed.Reason != "CONFIG_INVALID" {
		t.Errorf("it gives %v", err)
	}
	if there.asked.Load() != 0 {
		t.Error("the other origin was asked")
	}
}
