package ameide

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func testSettings(origin string, version HTTPVersion) connectionSettings {
	return connectionSettings{
		origin: origin, version: version, connectTimeout: 5 * time.Second, maxConnections: 256, maxHTTP2Connections: 10,
		keepAlive: keepAlive{interval: 20 * time.Second, timeout: 10 * time.Second},
	}
}

func post(t *testing.T, c *connections, url, body string) (int, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(len(body))
	response, err := c.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return response.ProtoMajor, string(read), err
}

func serveEcho(t *testing.T, protocols func(*http.Protocols), secure bool) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var conns atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	server.Config.Protocols = new(http.Protocols)
	protocols(server.Config.Protocols)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	if secure {
		server.EnableHTTP2 = server.Config.Protocols.HTTP2()
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, &conns
}

func TestConnectionsSpeakTheVersionOfTheServer(t *testing.T) {
	for _, each := range []struct {
		name      string
		protocols func(*http.Protocols)
		secure    bool
		version   HTTPVersion
		major     int
	}{
		{"http/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }, false, HTTP1, 1},
		{"h2c", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, false, HTTP2, 2},
		{"tls h2", func(p *http.Protocols) { p.SetHTTP2(true); p.SetHTTP1(true) }, true, httpVersionNegotiated, 2},
		{"tls http/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }, true, httpVersionNegotiated, 1},
	} {
		t.Run(each.name, func(t *testing.T) {
			server, conns := serveEcho(t, each.protocols, each.secure)
			settings := testSettings(server.URL, each.version)
			if each.secure {
				settings.tls = &tlsOptions{config: server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}
				settings.tls.config.NextProtos = nil
			}
			c := newConnections(settings, func(string, ...any) {})
			defer c.close()
			for range 3 {
				major, body, err := post(t, c, server.URL+"/x", "hello")
				if err != nil || body != "hello" || major != each.major {
					t.Fatal(major, body, err)
				}
			}
			if n := conns.Load(); n != 1 {
				t.Errorf("%d connections for calls one after the other", n)
			}
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					if _, body, err := post(t, c, server.URL+"/x", "hello"); err != nil || body != "hello" {
						t.Error(body, err)
					}
				})
			}
			wait.Wait()
		})
	}
}
