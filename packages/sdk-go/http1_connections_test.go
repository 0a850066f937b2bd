package ameide

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
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
