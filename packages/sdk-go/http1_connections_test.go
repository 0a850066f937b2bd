package ameide

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestHTTP1WhoeverLeavesGivesWay(t *testing.T) {
	first := make(chan struct{}, 1)
	first <- struct{}{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-first:
			<-r.Context().Done()
		default:
		}
	}))
	defer server.Close()
	settings := testSettings(server.URL, HTTP1)
	settings.maxConnections = 1
	c := newConnections(settings, func(string, ...any) {})
	defer c.close()
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		request, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, io.NopCloser(strings.NewReader("x")))
		if _, err := c.RoundTrip(request); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	time.Sleep(100 * time.Millisecond)
	for range 3 {
		wait.Go(func() {
			if _, _, err := post(t, c, server.URL, "x"); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	cancel()
	wait.Wait()
}

// A closingConn answers one request, and closes some time later.
type closingConn struct {
	net.Conn
	wait     time.Duration
	asked    chan struct{}
	ask      func()
	answered bool
}

func newClosingConn(wait time.Duration) *closingConn {
	asked := make(chan struct{})
	return &closingConn{wait: wait, asked: asked, ask: sync.OnceFunc(func() { close(asked) })}
}

func (c *closingConn) Write(p []byte) (int, error) {
	c.ask()
	return len(p), nil
}

func (c *closingConn) Read(p []byte) (int, error) {
	<-c.asked
	if !c.answered {
		c.answered = true
		return copy(p, "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 0\r\n\r\n"), nil
	}
	// What sleeps takes longer than some microseconds.
	for until := time.Now().Add(c.wait); time.Now().Before(until); {
	}
	return 0, io.EOF
}

func (c *closingConn) Close() error {
	c.ask()
	return nil
}

func (*closingConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// Connections that close just as a call that waits takes them keep no place in the pool.
func TestHTTP1ConnectionThatClosesAsItIsTakenGivesWay(t *testing.T) {
	const callers, each = 4, 4_000
	var conns, broken atomic.Int64
	dial := func(context.Context, string, string) (net.Conn, error) {
		return newClosingConn(time.Duration(conns.Add(1)%100) * 200 * time.Nanosecond), nil
	}
	transport := newTestTransport(t, "http://127.0.0.1", WithHTTPVersion(HTTP1), WithDialContext(dial), WithMaxConnections(1),
		WithoutRetry(), WithTimeout(10*time.Second))
	client := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		transport.HTTPClient(), transport.BaseURL()+"/test.v1.Echo/Echo", transport.Options()...)
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for range each {
				_, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("hello")))
				if connect.CodeOf(err) == connect.CodeDeadlineExceeded {
					t.Error(err)
					return
				}
				if err != nil {
					broken.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if broken.Load() == 0 {
		t.Error("no connection closed under a call")
	}
}
