package ameide

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestCloseLeavesNoGoroutine(t *testing.T) {
	for _, version := range []HTTPVersion{HTTP1, HTTP2, httpVersionNegotiated} {
		secure := version == httpVersionNegotiated
		server, _ := serveEcho(t, func(p *http.Protocols) {
			p.SetHTTP1(!secure)
			p.SetHTTP2(secure)
			p.SetUnencryptedHTTP2(!secure)
		}, secure)
		settings := testSettings(server.URL, version)
		if secure {
			config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			config.NextProtos = nil
			settings.tls = &tlsOptions{config: config}
		}
		c := newConnections(settings, func(string, ...any) {})
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { _, _, _ = post(t, c, server.URL, "hello") })
		}
		wait.Wait()
		c.close()
		if _, _, err := post(t, c, server.URL, "hello"); err == nil {
			t.Error("a closed pool takes a request")
		}
		server.Close()
	}
	var left string
	for range 100 {
		stacks := make([]byte, 1<<20)
		left = string(stacks[:runtime.Stack(stacks, true)])
		_, left, _ = strings.Cut(left, "\n\n")
		if !strings.Contains(left, "net/http.") && !strings.Contains(left, "ameide-sdk-go.(*http") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("left: %s", left)
}

func TestConnectsToAHostThatIsDownAreSpaced(t *testing.T) {
	var connects atomic.Int32
	settings := testSettings("http://down.test", HTTP1)
	settings.dial = &dialOption{func(context.Context, string, string) (net.Conn, error) {
		connects.Add(1)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}}
	c := newConnections(settings, func(string, ...any) {})
	defer c.close()
	var paused atomic.Int32
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			for range 10 {
				_, _, err := post(t, c, "http://down.test", "x")
				if err == nil || !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("%v", err)
				}
				if strings.Contains(thrownText(err), "are paused for") {
					paused.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if n := connects.Load(); n > 150 {
		t.Errorf("%d connects for 1000 calls", n)
	}
	if paused.Load() == 0 {
		t.Error("no call was told of the pause")
	}
}

func TestHTTP2WaitsInLineForAStream(t *testing.T) {
	url, conns := serveH2(t, 2, func(p *h2Peer, _ int, frame h2Frame) bool {
		if isEndOfRequest(frame) {
			go func() {
				time.Sleep(20 * time.Millisecond)
				p.answer(frame.stream, "done")
			}()
		}
		return false
	})
	settings := testSettings(url, HTTP2)
	settings.maxHTTP2Connections = 1
	c := newConnections(settings, func(string, ...any) {})
	defer c.close()
	var wait sync.WaitGroup
	began := time.Now()
	for range 10 {
		wait.Go(func() {
			if _, body, err := post(t, c, url, "x"); err != nil || body != "done" {
				t.Error(body, err)
			}
		})
	}
	wait.Wait()
	if took := time.Since(began); conns.Load() != 1 || took < 100*time.Millisecond {
		t.Errorf("%d connections, %v", conns.Load(), took)
	}
}

func TestHTTP2ConnectionLeavesAtItsAge(t *testing.T) {
	url, conns := serveH2(t, 100, func(p *h2Peer, _ int, frame h2Frame) bool {
		if isEndOfRequest(frame) {
			go func() {
				time.Sleep(50 * time.Millisecond)
				p.answer(frame.stream, "done")
			}()
		}
		return false
	})
	settings := testSettings(url, HTTP2)
	settings.maxConnectionAge = 100 * time.Millisecond
	c := newConnections(settings, func(string, ...any) {})
	defer c.close()
	for range 10 {
		if _, body, err := post(t, c, url, "x"); err != nil || body != "done" {
			t.Fatal(body, err)
		}
	}
	if n := conns.Load(); n < 3 || n > 7 {
		t.Errorf("%d connections in half a second", n)
	}
}

func TestHTTP2AsksHalfAsOftenWhereAServerSaysSo(t *testing.T) {
	url, _ := serveH2(t, 100, func(p *h2Peer, _ int, frame h2Frame) bool {
		if isEndOfRequest(frame) {
			p.answer(frame.stream, "done")
			p.write(frameGoAway, 0, 0, append([]byte{0, 0, 0, 1, 0, 0, 0, 11}, "too_many_pings"...)...)
		}
		return false
	})
	c := newConnections(testSettings(url, HTTP2), func(string, ...any) {})
	defer c.close()
	pool := c.pool.(*http2Pool)
	for want := 40 * time.Second; want <= 160*time.Second; want *= 2 {
		if _, _, err := post(t, c, url, "x"); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if time.Duration(pool.pings.interval.Load()) == want {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if got := time.Duration(pool.pings.interval.Load()); got != want {
			t.Errorf("asks every %v", got)
		}
	}
}

// A retry of an attempt that lost its connection goes over one that was made after that.
func TestHTTP1RetryGoesOverANewConnection(t *testing.T) {
	url, conns := serveTCP(t, func(conn net.Conn, number int) {
		for {
			readRequest(conn)
			if number == 2 {
				reset(conn)
				return
			}
			if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 0\r\n\r\n"); err != nil {
				return
			}
		}
	})
	c := newConnections(testSettings(url, HTTP1), func(string, ...any) {})
	defer c.close()
	pool := c.pool.(*http1Pool)
	first, _, err := pool.acquire(context.Background(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := pool.acquire(context.Background(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	lost := new(lostConnection)
	request := func() *sending {
		r, _ := http.NewRequest(http.MethodPost, url, io.NopCloser(strings.NewReader("x")))
		r.ContentLength = 1
		return &sending{Request: r, recording: new(recording), lost: lost}
	}
	response, err := first.send(request(), false)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if _, err := second.send(request(), false); err == nil {
		t.Fatal("the connection was not lost")
	}
	third, reused, err := pool.acquire(context.Background(), lost.since())
	time.Sleep(50 * time.Millisecond)
	if err != nil || reused || third == first || conns.Load() != 3 {
		t.Errorf("%v, reused %v, %d connections", err, reused, conns.Load())
	}
}

func TestFullPoolSaysSoOnce(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	settings := testSettings(server.URL, HTTP1)
	settings.maxConnections = 2
	var told []string
	var mu sync.Mutex
	c := newConnections(settings, func(text string, _ ...any) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, text)
	})
	defer c.close()
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() { _, _, _ = post(t, c, server.URL, "x") })
	}
	time.Sleep(200 * time.Millisecond)
	close(release)
	wait.Wait()
	mu.Lock()
	defer mu.Unlock()
	if want := "ameide all 2 connections to " + server.URL + " are in use: 3 calls wait for one (WithMaxConnections)"; len(told) != 1 || told[0] != want {
		t.Error(told)
	}
}

// A stream that its caller forgets, neither read nor closed, ends with its context.
func TestHTTP2StreamThatIsForgottenEndsWithItsContext(t *testing.T) {
	url, _ := serveH2(t, 1, func(p *h2Peer, _ int, frame h2Frame) bool {
		if isEndOfRequest(frame) {
			p.write(1, 4, frame.stream, 0x88)
		}
		return false
	})
	settings := testSettings(url, HTTP2)
	settings.maxHTTP2Connections = 1
	c := newConnections(settings, func(string, ...any) {})
	defer c.close()
	for range 3 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		request, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(strings.NewReader("x")))
		if _, err := c.RoundTrip(request); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
}
