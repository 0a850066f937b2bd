package ameide_test

import (
	"errors"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// Clients that are made by hand may take one procedure to be of different kinds, and schemas to be anything.
func TestOneProcedureOfManyKinds(t *testing.T) {
	transport, err := ameidetest.NewTransport(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(http.StatusServiceUnavailable)
	}), ameide.WithRetry(ameide.BaseDelay(1e6), ameide.MaxAttempts(2)))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	attempts := func(stream bool, options ...connect.ClientOption) int {
		client := parrotWith(transport, options...)
		_, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("x")))
		if stream {
			var answer *connect.ServerStreamForClient[wrapperspb.StringValue]
			if answer, err = client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("x"))); err == nil {
				answer.Receive()
				err = answer.Err()
				_ = answer.Close()
			}
		}
		var failed *ameide.Error
		if !errors.As(err, &failed) {
			t.Fatalf("%v", err)
		}
		return len(failed.Attempts)
	}
	safe := connect.WithIdempotency(connect.IdempotencyNoSideEffects)
	for range 2 {
		for _, stream := range []bool{false, true} {
			if got := attempts(stream); got != 1 {
				t.Errorf("stream %t: %d attempts of what states nothing", stream, got)
			}
			if got := attempts(stream, safe, connect.WithSchema(map[string]int{})); got != 2 {
				t.Errorf("stream %t: %d attempts of what is safe", stream, got)
			}
		}
	}
	if known := len(transport.ExplainAll()); known != 4 {
		t.Errorf("%d methods are known", known)
	}
}

func parrotWith(transport *ameide.Transport, options ...connect.ClientOption) *parrot {
	url := transport.BaseURL() + "/acme.v1.Parrot/Kinds"
	return connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		transport.HTTPClient(), url, append(transport.Options(), options...)...)
}
