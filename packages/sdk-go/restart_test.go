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

func listenAndServe(t *testing.T, address string, service *slowThreads) (*http.Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	for tries := 0; err != nil && tries < 100; tries++ {
		time.Sleep(5 * time.Millisecond)
		listener, err = net.Listen("tcp", address)
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(service))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: protocols, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return server, listener.Addr().String()
}

const inFlight = 64

// A server that is killed and begun anew under calls in flight loses none that may be repeated: they break together, and
// the budget is as large as docs/in-production.md says.
func TestRestartUnderCallsInFlight(t *testing.T) {
	for _, version := range []ameide.HTTPVersion{ameide.HTTP1, ameide.HTTP2} {
		t.Run(string(version), func(t *testing.T) {
			service := &slowThreads{}
			server, address := listenAndServe(t, "127.0.0.1:0", service)
			transport, err := ameide.NewTransport("http://"+address, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
				ameide.WithHTTPVersion(version), ameide.WithBudget(ameide.BudgetCapacity(14*inFlight)))
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
			server, _ = listenAndServe(t, address, service)
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
