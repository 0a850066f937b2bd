package ameide

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestHTTP2PoolMakesConnectionsUpToABound(t *testing.T) {
	var streams atomic.Int32
	url, conns := serveH2(t, 1, func(_ *h2Peer, _ int, frame h2Frame) bool {
		if frame.kind == 1 {
			streams.Add(1)
		}
		return false
	})
	c := newConnections(testSettings(url, HTTP2), func(string, ...any) {})
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			request, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(strings.NewReader("x")))
			_, _ = c.RoundTrip(request)
		})
	}
	time.Sleep(500 * time.Millisecond)
	if conns, streams := conns.Load(), streams.Load(); conns != 10 || streams != 10 {
		t.Errorf("%d connections with %d streams", conns, streams)
	}
	cancel()
	wait.Wait()
	c.close()
}
