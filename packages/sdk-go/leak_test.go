package ameide_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// faultySender is a server with a fault, another for each request in turn.
type faultySender struct {
	requests atomic.Int64
}

func (f *faultySender) RoundTrip(request *http.Request) (*http.Response, error) {
	answer := func(status int, contentType string, body io.Reader) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {"1"}},
			Body: io.NopCloser(body), Request: request, ProtoMajor: 2,
		}, nil
	}
	broken := io.MultiReader(strings.NewReader("\x00\x00\x00\x00\x09abc"), failingReader{})
	switch f.requests.Add(1) % 8 {
	case 0:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case 1:
		return nil, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	case 2:
		<-request.Context().Done()
		return nil, context.Cause(request.Context())
	case 3:
		return answer(http.StatusServiceUnavailable, "text/html", strings.NewReader("<html>busy</html>"))
	case 4:
		return answer(http.StatusOK, request.Header.Get("Content-Type"), broken)
	case 5:
		return answer(http.StatusOK, request.Header.Get("Content-Type"), stalledReader{request.Context()})
	case 6:
		return answer(http.StatusOK, "text/plain", strings.NewReader("what?"))
	default:
		return answer(http.StatusTooManyRequests, "application/json", bytes.NewReader(nil))
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type stalledReader struct{ ctx context.Context }

func (s stalledReader) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, context.Cause(s.ctx)
}

// In memory the bubble itself finds a goroutine that is left.
func TestFaultyCallsLeaveNothing(t *testing.T) {
	calls := 10_000
	if testing.Short() {
		calls = 1_000
	}
	for _, protocol := range []ameide.Protocol{ameide.ProtocolConnect, ameide.ProtocolGRPC, ameide.ProtocolGRPCWeb} {
		synctest.Test(t, func(t *testing.T) {
			var timers ameidetest.Timers
			transport, err := ameide.NewTransport("https://api.test", ameide.WithRoundTripper(&faultySender{}),
				ameide.WithTenant("acme"), ameide.WithProtocol(protocol), ameidetest.WithTimers(&timers),
				ameide.WithTimeout(3*time.Second), ameide.WithAttemptTimeout(time.Second),
				ameide.WithFirstMessageTimeout(time.Second), ameide.WithBudget(ameide.BudgetCapacity(10_000), ameide.BudgetCost(1)))
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			for i := range calls / 3 {
				if err := callOnce(t.Context(), transport, i); err == nil {
					t.Fatalf("%s: call %d of a faulty server ends well", protocol, i)
				}
			}
			if timers.Left() != 0 {
				t.Errorf("%s: %d timers are left", protocol, timers.Left())
			}
		})
	}
}

// callOnce makes a call, of one kind or another, and may leave it early.
func callOnce(ctx context.Context, transport *ameide.Transport, i int) error {
	threads := threadsOver(transport)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if i%7 == 0 {
		defer time.AfterFunc(time.Duration(i%5)*100*time.Millisecond, cancel).Stop()
	}
	if i%2 == 0 {
		_, err := threads.GetThread(ctx, &threadsv1.GetThreadRequest{ThreadId: "t1"})
		return err
	}
	stream, err := threads.WatchThread(ctx, &threadsv1.WatchThreadRequest{ThreadId: "t1"})
	if err != nil {
		return err
	}
	for _, err := range ameide.Messages(stream) {
		return err
	}
	return nil
}

// faultyServer accepts connections, and breaks each in another way.
func faultyServer(t *testing.T) (baseURL string, open *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	open = new(atomic.Int64)
	go func() {
		for i := 0; ; i++ {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() {
				defer open.Add(-1)
				defer func() { _ = accepted.Close() }()
				breakConnection(accepted.(*net.TCPConn), i)
			}()
		}
	}()
	return "http://" + listener.Addr().String(), open
}

func breakConnection(accepted *net.TCPConn, i int) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 9\r\n\r\n"
	received := make([]byte, 64<<10)
	if _, err := accepted.Read(received); err != nil {
		return
	}
	switch i % 4 {
	case 0:
		_ = accepted.SetLinger(0)
	case 1:
		_, _ = io.WriteString(accepted, head+"abc")
	case 2:
		_, _ = io.WriteString(accepted, "HTTP/1.1 503 busy\r\nContent-Length: 0\r\n\r\n")
		// The client leaves, or the connection is idle until it closes.
		_, _ = accepted.Read(received)
	default:
		_, _ = io.WriteString(accepted, head)
		_, _ = accepted.Read(received)
	}
}

func TestFaultySocketsLeaveNothing(t *testing.T) {
	baseURL, open := faultyServer(t)
	before := runtime.NumGoroutine()
	var timers ameidetest.Timers
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
		ameidetest.WithTimers(&timers), ameide.WithTimeout(200*time.Millisecond), ameide.WithAttemptTimeout(50*time.Millisecond),
		ameide.WithFirstMessageTimeout(50*time.Millisecond), ameide.WithRetry(ameide.BaseDelay(time.Millisecond)),
		ameide.WithBudget(ameide.BudgetCapacity(10_000), ameide.BudgetCost(1)))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	const workers, each = 8, 25
	for worker := range workers {
		go func() {
			for i := range each {
				ended <- callOnce(context.Background(), transport, worker+i)
			}
		}()
	}
	for range workers * each {
		if err := <-ended; err == nil {
			t.Error("a call of a faulty server ends well")
		}
	}
	transport.Close()
	settled := func() bool { return open.Load() == 0 && runtime.NumGoroutine() <= before }
	for deadline := time.Now().Add(5 * time.Second); !settled() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if !settled() || timers.Left() != 0 {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d timers, %d connections and %d goroutines are left\n%s", timers.Left(), open.Load(),
			runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
	}
}
