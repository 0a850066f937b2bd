package ameide

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// call makes a call of a method that states nothing, without retries.
func call(t *testing.T, url string, options ...Option) *Error {
	t.Helper()
	return callWith(t, newTestTransport(t, url, append(options, WithoutRetry())...))
}

func newTestTransport(t *testing.T, url string, options ...Option) *Transport {
	t.Helper()
	transport, err := NewTransport(url, append(options, AllowInsecureLoopback())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return transport
}

func callWith(t *testing.T, transport *Transport) *Error {
	t.Helper()
	client := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		transport.HTTPClient(), transport.BaseURL()+"/test.v1.Echo/Echo", transport.Options()...)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("hello")))
	if err == nil {
		return nil
	}
	var known *Error
	if !errors.As(err, &known) {
		t.Fatalf("%T: %v", err, err)
	}
	return known
}

// serveTCP serves raw connections, numbered from 1.
func serveTCP(t *testing.T, serve func(conn net.Conn, number int)) (string, *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var count atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			number := int(count.Add(1))
			go serve(conn, number)
		}
	}()
	return "http://" + listener.Addr().String(), &count
}

func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

func readRequest(conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, request.Body)
	}
}

func isNoAnswer(t *testing.T, err *Error, sent Sent, text string) {
	t.Helper()
	if err == nil {
		t.Fatal("the call ended well")
	}
	if err.Code != connect.CodeUnavailable || err.Origin != OriginTransport || len(err.Attempts) != 1 || err.Attempts[0].Sent != sent {
		t.Errorf("%v, origin %s, attempts %+v", err, err.Origin, err.Attempts)
	}
	if !strings.Contains(err.Message, text) {
		t.Errorf("message %q has no %q", err.Message, text)
	}
}

func TestFailuresOverHTTP1(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	refused := call(t, "http://"+address)
	isNoAnswer(t, refused, SentNo, "connect ECONNREFUSED "+address)
	if !errors.Is(refused, syscall.ECONNREFUSED) {
		t.Error("errors.Is does not find the number of the error")
	}
	isNoAnswer(t, call(t, "http://nowhere.invalid", AllowInsecureHosts("nowhere.invalid")), SentNo, "nowhere.invalid")

	after := []struct {
		name  string
		serve func(net.Conn)
		text  string
	}{
		{"reset after the request", func(c net.Conn) { readRequest(c); reset(c) }, "read ECONNRESET"},
		{"closed after the request", func(c net.Conn) { readRequest(c); _ = c.Close() }, "closed"},
		{"no HTTP", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "no http\r\n\r\n"); _ = c.Close() }, "malformed HTTP"},
		{"reset in the middle of the answer", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 100\r\n\r\nhalf")
			time.Sleep(50 * time.Millisecond)
			reset(c)
		}, "read ECONNRESET"},
		{"switched", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n")
			_ = c.Close()
		}, "another protocol"},
	}
	for _, each := range after {
		t.Run(each.name, func(t *testing.T) {
			url, _ := serveTCP(t, func(conn net.Conn, _ int) { each.serve(conn) })
			isNoAnswer(t, call(t, url), SentMaybe, each.text)
		})
	}
}

func TestHeadTooLargeIsNoFailureOfTheConnection(t *testing.T) {
	url, _ := serveTCP(t, func(conn net.Conn, _ int) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nx-large: "+strings.Repeat("x", 11<<20)+"\r\n\r\n")
		_ = conn.Close()
	})
	err := call(t, url)
	if err == nil || err.Code != connect.CodeResourceExhausted || err.Origin != OriginClient {
		t.Errorf("%v", err)
	}
}

// A server that closes connections as soon as they are idle.
func TestDeadIdleConnectionIsNotUsed(t *testing.T) {
	url, conns := serveTCP(t, func(conn net.Conn, _ int) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 0\r\n\r\n")
		_ = conn.Close()
	})
	transport := newTestTransport(t, url)
	for range 20 {
		if err := callWith(t, transport); err != nil {
			t.Fatal(err)
		}
		// For the end to come. Whoever is faster cannot know of it.
		time.Sleep(5 * time.Millisecond)
	}
	if n := conns.Load(); n != 20 {
		t.Errorf("%d connections", n)
	}
}

func TestFailuresOverHTTP2(t *testing.T) {
	for _, each := range []struct {
		name  string
		sent  Sent
		text  string
		serve func(p *h2Peer, frame h2Frame)
	}{
		{"REFUSED_STREAM", SentNo, "REFUSED_STREAM", func(p *h2Peer, f h2Frame) { p.write(3, 0, f.stream, 0, 0, 0, 7) }},
		{"PROTOCOL_ERROR", SentMaybe, "PROTOCOL_ERROR", func(p *h2Peer, f h2Frame) { p.write(3, 0, f.stream, 0, 0, 0, 1) }},
		{"NO_ERROR without an answer", SentMaybe, "NO_ERROR", func(p *h2Peer, f h2Frame) { p.write(3, 0, f.stream, 0, 0, 0, 0) }},
		{"GOAWAY below it", SentNo, "GOAWAY", func(p *h2Peer, f h2Frame) { p.write(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }},
		{"GOAWAY with a code below it", SentNo, "GOAWAY", func(p *h2Peer, f h2Frame) { p.write(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2) }},
		{"GOAWAY that includes it", SentMaybe, "GOAWAY", func(p *h2Peer, f h2Frame) {
			p.write(7, 0, 0, 0, 0, 0, byte(f.stream), 0, 0, 0, 0)
			_ = p.Close()
		}},
		{"closed", SentMaybe, "closed", func(p *h2Peer, f h2Frame) { _ = p.Close() }},
		{"reset", SentMaybe, "ECONNRESET", func(p *h2Peer, f h2Frame) { reset(p.Conn) }},
		{"reset in the middle of the answer", SentMaybe, "NO_ERROR", func(p *h2Peer, f h2Frame) {
			p.write(1, 4, f.stream, 0x88)
			p.write(3, 0, f.stream, 0, 0, 0, 0)
		}},
	} {
		t.Run(each.name, func(t *testing.T) {
			var requests atomic.Int32
			url, _ := serveH2(t, 100, func(p *h2Peer, _ int, frame h2Frame) bool {
				if isEndOfRequest(frame) {
					requests.Add(1)
					each.serve(p, frame)
				}
				return false
			})
			err := call(t, url, WithHTTPVersion(HTTP2))
			if each.name == "reset in the middle of the answer" && err != nil && err.Code == connect.CodeUnknown {
				t.Skip("the head without a media type ended the call first")
			}
			isNoAnswer(t, err, each.sent, each.text)
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestServerWithoutHTTP2(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	err := call(t, server.URL, WithHTTPVersion(HTTP2))
	isNoAnswer(t, err, SentNo, "does not speak HTTP/2")
	if err.Retryable {
		t.Error("retryable")
	}
}

func TestServerWithHTTP2Alone(t *testing.T) {
	for name, late := range map[string]bool{"at once": false, "after the request": true} {
		t.Run(name, func(t *testing.T) {
			address, count := serveTCP(t, func(conn net.Conn, _ int) {
				if late {
					readRequest(conn)
				}
				_, _ = io.WriteString(conn, "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64")
				_, _ = io.Copy(io.Discard, conn)
			})
			err := call(t, address)
			isNoAnswer(t, err, SentNo, "does not speak HTTP/1.1; take WithHTTPVersion(HTTP2)")
			if err.Retryable || count.Load() != 1 {
				t.Errorf("retryable: %t, %d connections", err.Retryable, count.Load())
			}
		})
	}
	hangUp, _ := serveTCP(t, func(conn net.Conn, _ int) { readRequest(conn); _ = conn.Close() })
	if err := call(t, hangUp); err == nil || !strings.Contains(err.Message, "or only HTTP/2") {
		t.Error(err)
	}
}

func TestFailuresOfTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	unknown := call(t, server.URL)
	isNoAnswer(t, unknown, SentNo, "the authority of the certificate is not known")
	if unknown.Retryable {
		t.Error("retryable")
	}
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	isNoAnswer(t, call(t, server.URL, WithTLS(&tls.Config{RootCAs: authorities, ServerName: "other.test"})), SentNo, "other.test")
	if err := call(t, server.URL, WithTLS(&tls.Config{RootCAs: authorities})); err == nil || err.HTTPStatus != http.StatusNotFound {
		t.Error(err)
	}

	plain, _ := serveTCP(t, func(conn net.Conn, _ int) {
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	isNoAnswer(t, call(t, strings.Replace(plain, "http:", "https:", 1)), SentNo, "does not speak TLS")
	hangUp, _ := serveTCP(t, func(conn net.Conn, _ int) { _ = conn.Close() })
	isNoAnswer(t, call(t, strings.Replace(hangUp, "http:", "https:", 1)), SentNo, "is it http?")

	mutual := httptest.NewUnstartedServer(http.NotFoundHandler())
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	defer mutual.Close()
	authorities.AddCert(mutual.Certificate())
	missing := call(t, mutual.URL, WithTLS(&tls.Config{RootCAs: authorities}))
	if missing == nil || missing.Retryable || !strings.Contains(missing.Message, "client certificate") {
		t.Errorf("%v", missing)
	}
	source := func(context.Context) (*tls.Config, error) {
		return nil, errors.New("no vault: token=s3cret-0123456789")
	}
	isNoAnswer(t, call(t, server.URL, WithTLSSource(source)), SentNo, "token=REDACTED")
}

func TestBlackHoles(t *testing.T) {
	silent, _ := serveTCP(t, func(conn net.Conn, _ int) { _, _ = io.Copy(io.Discard, conn) })
	began := time.Now()
	err := call(t, strings.Replace(silent, "http:", "https:", 1), WithConnectTimeout(200*time.Millisecond))
	isNoAnswer(t, err, SentNo, "no connection stood after 200 ms (WithConnectTimeout): waited for the TLS handshake")
	err = call(t, silent, WithHTTPVersion(HTTP2), WithConnectTimeout(200*time.Millisecond))
	isNoAnswer(t, err, SentNo, "no SETTINGS came in 200 ms")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

// A connection that answers nothing any more, and no PING either, is not used by the calls that come after a limit has
// ended one on it.
func TestConnectionInDoubtTakesNoCall(t *testing.T) {
	url, conns := serveH2(t, 100, func(p *h2Peer, number int, frame h2Frame) bool {
		if number == 1 && frame.kind != frameSettings {
			return true
		}
		if isEndOfRequest(frame) {
			p.answer(frame.stream, "")
		}
		return false
	})
	transport := newTestTransport(t, url, WithHTTPVersion(HTTP2), WithTimeout(300*time.Millisecond), WithoutRetry())
	if err := callWith(t, transport); err == nil || err.Code != connect.CodeDeadlineExceeded {
		t.Fatal(err)
	}
	began := time.Now()
	// What the head leaves out, a media type, comes after the connection was chosen.
	err := callWith(t, transport)
	if err == nil || err.Code == connect.CodeDeadlineExceeded || time.Since(began) > 290*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	if n := conns.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestPingFindsOutThatNobodyIsThere(t *testing.T) {
	url, _ := serveH2(t, 100, func(_ *h2Peer, _ int, frame h2Frame) bool { return frame.kind != frameSettings })
	began := time.Now()
	err := call(t, url, WithHTTPVersion(HTTP2), WithKeepAlive(
		KeepAliveInterval(time.Second), KeepAliveTimeout(300*time.Millisecond)))
	isNoAnswer(t, err, SentMaybe, "no answer to a PING in 300 ms")
	if took := time.Since(began); took < 1200*time.Millisecond || took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestProxies(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	var asked atomic.Value
	proxy, _ := serveTCP(t, func(conn net.Conn, _ int) {
		reader := bufio.NewReader(conn)
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		asked.Store(request.Method + " " + request.Host + " " + request.Header.Get("Proxy-Authorization"))
		if request.Header.Get("Proxy-Authorization") == "" {
			_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
			_ = conn.Close()
			return
		}
		to, err := net.Dial("tcp", request.Host)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, reader) }()
		_, _ = io.Copy(conn, to)
	})
	if err := call(t, server.URL, WithProxy(strings.Replace(proxy, "http://", "http://user:s3cret@", 1))); err == nil || err.HTTPStatus != http.StatusNotFound {
		t.Error(err)
	}
	host := strings.TrimPrefix(server.URL, "http://")
	if got := asked.Load(); got != "CONNECT "+host+" Basic dXNlcjpzM2NyZXQ=" {
		t.Error(got)
	}
	refused := call(t, server.URL, WithProxy(proxy))
	isNoAnswer(t, refused, SentNo, "answered 407")
	if refused.Retryable {
		t.Error("retryable")
	}
}
