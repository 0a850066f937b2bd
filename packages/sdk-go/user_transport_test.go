package ameide

import (
	"errors"
	"net"
	"net/http"
	"testing"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// A GET has no body that nobody asked for, and a reset says by itself nothing of when it was: whether there was a
// connection, an http.Transport of a user's own has to say.
func TestHandshakeThatBreaksUnderAUsersTransport(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	own := &http.Transport{ForceAttemptHTTP2: true}
	defer own.CloseIdleConnections()
	transport, err := NewTransport("https://"+listener.Addr().String(), WithRoundTripper(own), WithHTTPGet(true), WithoutTelemetry())
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	threads := NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	ctx := WithCall(t.Context(), WithRetry(MaxAttempts(1)), WithTenant("acme"))
	_, err = threads.GetThread(ctx, new(threadsv1.GetThreadRequest))
	failed := new(Error)
	if !errors.As(err, &failed) || failed.Code != connect.CodeUnavailable || len(failed.Attempts) != 2 {
		t.Fatalf("%v", err)
	}
	for _, attempt := range failed.Attempts {
		if attempt.Sent != SentNo || attempt.Class != ClassNotSent {
			t.Errorf("%+v", attempt)
		}
	}
}
