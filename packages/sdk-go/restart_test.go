package ameide_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
)

// slowThreads answers after some time, so that calls are in flight.
type slowThreads struct {
	threadsv1connect.UnimplementedThreadsServiceHandler

	under atomic.Int64
}

func (s *slowThreads) GetThread(ctx context.Context, _ *threadsv1.GetThreadRequest) (*threadsv1.GetThreadResponse, error) {
	s.under.Add(1)
	defer s.under.Add(-1)
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
	return &threadsv1.GetThreadResponse{}, ctx.Err()
}

// serveThreads begins a server, and gives what its successor listens on: connections wait there meanwhile.
func serveThreads(t *testing.T, listener net.Listener, service *slowThreads) (*http.Server, net.Listener) {
	t.Helper()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	successor, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(service))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: protocols, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return server, successor
}

const inFlight = 64

// A server that is killed and begun anew under calls in flight loses none that may be repeated. They break together, some
// of them twice: on a connection that the old server had just accepted.
func TestRestartUnderCallsInFlight(t *testing.T) {
	for _, version := range []ameide.HTTPVersion{ameide.HTTP1, ameide.HTTP2} {
		t.Run(string(version), func(t *testing.T) {
			service := &slowThreads{}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			baseURL := "http://" + listener.Addr().String()
			server, successor := serveThreads(t, listener, service)
			transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
				ameide.WithHTTPVersion(version), ameide.WithBudget(ameide.BudgetCapacity(2*14*inFlight)))
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			threads := threadsOver(transport)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var ended, failed atomic.Int64
			var callers sync.WaitGroup
			for range inFlight {
				callers.Go(func() {
					for ctx.Err() == nil {
						if _, err := threads.GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t1"}); err != nil {
							failed.Add(1)
							t.Error(err)
							return
						}
						ended.Add(1)
					}
				})
			}
			for service.under.Load() < inFlight/2 {
				time.Sleep(time.Millisecond)
			}
			_ = server.Close()
			server, last := serveThreads(t, successor, service)
			defer func() { _ = last.Close() }()
			before := ended.Load()
			for failed.Load() == 0 && ended.Load() < before+4*inFlight {
				time.Sleep(time.Millisecond)
			}
			stop()
			callers.Wait()
			_ = server.Close()
		})
	}
}
