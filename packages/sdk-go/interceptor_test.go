package ameide_test

import (
	"context"
	"errors"
	"testing"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// A saboteur does one thing to each attempt of a unary call, and to each stream.
type saboteur struct {
	unary  connect.UnaryFunc
	stream func(connect.StreamingClientConn) connect.StreamingClientConn
}

func (s saboteur) WrapUnary(connect.UnaryFunc) connect.UnaryFunc { return s.unary }

func (s saboteur) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		return s.stream(next(ctx, spec))
	}
}

func (s saboteur) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// failingConn fails where it is read.
type failingConn struct {
	connect.StreamingClientConn
	err error
}

func (c failingConn) Receive(any) error { return c.err }

// bothKinds makes a unary call and a server stream.
func bothKinds(t *testing.T, transport *ameide.Transport) map[string]error {
	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	_, unary := threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	stream, err := threads.WatchThread(t.Context(), &threadsv1.WatchThreadRequest{ThreadId: "t1"})
	if err == nil {
		defer stream.Close()
		if stream.Receive() {
			t.Error("a message came")
		}
		err = stream.Err()
	}
	return map[string]error{"unary": unary, "stream": err}
}

func sabotaged(t *testing.T, by saboteur) map[string]error {
	transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"), ameide.WithInterceptors(by))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	return bothKinds(t, transport)
}

func TestInterceptorsOwnContextIsNotTheCallers(t *testing.T) {
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		own := saboteur{
			func(context.Context, connect.AnyRequest) (connect.AnyResponse, error) { return nil, end },
			func(conn connect.StreamingClientConn) connect.StreamingClientConn { return failingConn{conn, end} },
		}
		for kind, err := range sabotaged(t, own) {
			var failed *ameide.Error
			if !errors.As(err, &failed) || failed.Origin != ameide.OriginClient || len(failed.Attempts) != 1 {
				t.Fatalf("%s: %v", kind, err)
			}
			if errors.Is(err, end) || failed.StopReason != ameide.StopNotRetryable {
				t.Errorf("%s: %v is told as the caller's end: %v", kind, err, failed.StopReason)
			}
		}
	}
}

func TestInterceptorsThatGiveNothing(t *testing.T) {
	var noResponse *connect.Response[threadsv1.GetThreadResponse]
	for name, nothing := range map[string]connect.AnyResponse{"nil": nil, "a nil response": noResponse} {
		none := saboteur{
			func(context.Context, connect.AnyRequest) (connect.AnyResponse, error) { return nothing, nil },
			func(connect.StreamingClientConn) connect.StreamingClientConn { return nil },
		}
		for kind, err := range sabotaged(t, none) {
			var failed *ameide.Error
			if !errors.As(err, &failed) || failed.Origin != ameide.OriginClient || failed.Code != connect.CodeInternal ||
				failed.Message != "an interceptor gave no answer and no error" {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
	}
}
