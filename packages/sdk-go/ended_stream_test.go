package ameide_test

import (
	"context"
	"net/http"
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
	asked       int
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	a.asked++
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

func TestOptionsOfAnotherTransport(t *testing.T) {
	there := &answering{contentType: "application/proto"}
	a, b := transportOver(t, "https://a.test", &answering{}), transportOver(t, "https://b.test", there)
	_, err := parrotOver(b, a, "/acme.v1.Parrot/Repeat").CallUnary(context.Background(), connect.NewRequest(wrapperspb.String("x")))
	if failed := ameide.FromError(err); failed == nil || failed.Reason != "CONFIG_INVALID" {
		t.Errorf("it gives %v", err)
	}
	if there.asked != 0 {
		t.Error("the other origin was asked")
	}
}
