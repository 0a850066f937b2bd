package ameide_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
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

// faults are what a server does to requests, in turn, over whatever connections these come.
var faults = []func(w http.ResponseWriter, r *http.Request, conn *net.TCPConn){
	// All calls on it break.
	func(_ http.ResponseWriter, _ *http.Request, conn *net.TCPConn) {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	},
	func(http.ResponseWriter, *http.Request, *net.TCPConn) { panic(http.ErrAbortHandler) },
	func(w http.ResponseWriter, r *http.Request, _ *net.TCPConn) {
		beginAnswer(w, r)
		panic(http.ErrAbortHandler)
	},
	func(w http.ResponseWriter, r *http.Request, _ *net.TCPConn) {
		beginAnswer(w, r)
		<-r.Context().Done()
	},
	func(_ http.ResponseWriter, r *http.Request, _ *net.TCPConn) { <-r.Context().Done() },
	func(w http.ResponseWriter, _ *http.Request, _ *net.TCPConn) {
		w.WriteHeader(http.StatusServiceUnavailable)
	},
	// Over HTTP/2 it is a GOAWAY.
	func(w http.ResponseWriter, _ *http.Request, _ *net.TCPConn) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusTooManyRequests)
	},
	func(w http.ResponseWriter, _ *http.Request, _ *net.TCPConn) { _, _ = io.WriteString(w, "what?") },
}

// beginAnswer sends the head of an answer, and a part of its body.
func beginAnswer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	_, _ = io.WriteString(w, "\x00\x00\x00\x00\x09abc")
	w.(http.Flusher).Flush()
}

type faultyConn struct{}

// faultyServer answers each request with a fault, in turn. It counts its open connections.
func faultyServer(open *atomic.Int64) *httptest.Server {
	var requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn := r.Context().Value(faultyConn{}).(*net.TCPConn)
		faults[requests.Add(1)%int64(len(faults))](w, r, conn)
	}))
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, faultyConn{}, conn.(*net.TCPConn))
	}
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	return server
}

// goroutines are those there are, by their stacks.
func goroutines() string {
	var stacks strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	return stacks.String()
}

// openFiles counts the files of the process, sockets included; 0 where the system has no list of them.
func openFiles() int {
	files, _ := os.ReadDir("/proc/self/fd")
	return len(files)
}

// eventually waits for what comes about at once, and not after the 4 s that an idle connection lives.
func eventually(is func() bool) {
	for deadline := time.Now().Add(3 * time.Second); !is() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
}

func TestFaultySocketsLeaveNothing(t *testing.T) {
	const callers = 32
	calls := 10_000
	if testing.Short() {
		calls = 1_000
	}
	for _, version := range []ameide.HTTPVersion{ameide.HTTP1, ameide.HTTP2} {
		t.Run(string(version), func(t *testing.T) {
			wereRunning, wereOpen := runtime.NumGoroutine(), openFiles()
			var open atomic.Int64
			server := faultyServer(&open)
			var timers ameidetest.Timers
			transport, err := ameide.NewTransport(server.URL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
				ameide.WithHTTPVersion(version), ameidetest.WithTimers(&timers),
				ameide.WithTimeout(100*time.Millisecond), ameide.WithAttemptTimeout(20*time.Millisecond),
				ameide.WithFirstMessageTimeout(20*time.Millisecond), ameide.WithRetry(ameide.BaseDelay(time.Millisecond)),
				ameide.WithBudget(ameide.BudgetCapacity(10_000), ameide.BudgetCost(1)))
			if err != nil {
				t.Fatal(err)
			}
			var callersLeft sync.WaitGroup
			for caller := range callers {
				callersLeft.Go(func() {
					for i := caller; i < calls/2; i += callers {
						if err := callOnce(context.Background(), transport, i); err == nil {
							t.Error("a call of a faulty server ends well")
						}
					}
				})
			}
			callersLeft.Wait()
			transport.Close()
			eventually(func() bool { return open.Load() == 0 })
			left := open.Load()
			server.Close()
			eventually(func() bool { return runtime.NumGoroutine() <= wereRunning && openFiles() <= wereOpen })
			running, files := runtime.NumGoroutine()-wereRunning, openFiles()-wereOpen
			if timers.Left() != 0 || left != 0 || running > 0 || files > 0 {
				t.Errorf("%d timers, %d connections, %d files and %d goroutines are left\n%s",
					timers.Left(), left, files, running, goroutines())
			}
		})
	}
}
