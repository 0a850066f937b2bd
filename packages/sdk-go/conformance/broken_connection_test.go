package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// server serves one connection as a case says.
type server func(t *testing.T, conn net.Conn)

// reset ends a connection by RST.
func reset(conn net.Conn) {
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// readRequest reads a whole request of HTTP/1.1.
func readRequest(t *testing.T, conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		t.Error(err)
		return
	}
	io.Copy(io.Discard, request.Body)
}

// writeHalf announces more than it writes.
func writeHalf(t *testing.T, conn net.Conn) {
	readRequest(t, conn)
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
}

// Frames of HTTP/2 (RFC 9113, section 6).
const (
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4
	frameGoAway   = 7
	refused       = 7
)

func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	head := []byte{0, 0, byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(head, stream), payload...)
}

// serveHTTP2 reads until the request has ended, and writes frames.
func serveHTTP2(frames ...[]byte) server {
	return func(t *testing.T, conn net.Conn) {
		conn.Write(frame(frameSettings, 0, 0))
		preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
		io.ReadFull(conn, preface)
		for {
			head := make([]byte, 9)
			if _, err := io.ReadFull(conn, head); err != nil {
				t.Error(err)
				return
			}
			length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			io.CopyN(io.Discard, conn, length)
			const endStream = 1
			if head[3] <= frameHeaders && head[4]&endStream != 0 {
				break
			}
		}
		for _, each := range frames {
			conn.Write(each)
		}
	}
}

// listen serves each connection, and gives the address.
func listen(t *testing.T, serve server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(t, conn)
		}
	}()
	return listener.Addr().String()
}

// realError is what net/http says of a request, or of the body of its answer.
func realError(t *testing.T, transport *http.Transport, url string) error {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	// A body of no known kind is not sent again by itself.
	body := struct{ io.Reader }{bytes.NewReader([]byte("hello"))}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return roundTrip(t, transport, request)
}

func roundTrip(t *testing.T, transport http.RoundTripper, request *http.Request) error {
	t.Helper()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); err == nil {
		t.Fatal("all went well")
	}
	return err
}

func scriptError(t *testing.T, script *pb.Script) error {
	t.Helper()
	body := bytes.NewReader([]byte("hello"))
	request, err := http.NewRequest(http.MethodPost, "https://memory.test/", body)
	if err != nil {
		t.Fatal(err)
	}
	return roundTrip(t, newScriptClient(script), request)
}

var address = regexp.MustCompile(`( ?(127\.0\.0\.1|\[::1\])(:\d+)?(->127\.0\.0\.1:\d+)?)`)

// shape is an error's text without addresses, and the types of what it wraps.
func shape(err error) string {
	text := address.ReplaceAllString(err.Error(), "")
	for ; err != nil; err = errors.Unwrap(err) {
		switch err.(type) {
		case *net.OpError, *tls.CertificateVerificationError:
			text += fmt.Sprintf(" %T", err)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			text += " EOF"
		}
	}
	return text
}

func closedPort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	return listener.Addr().String()
}

func broken(how pb.Break) *pb.Script {
	return &pb.Script{Otherwise: &pb.Answer{Action: &pb.Answer_Break{Break: how}}}
}

func cut(how pb.Cut) *pb.Script {
	answer := ok("a long answer")
	answer.Cut = how
	return &pb.Script{Otherwise: answer}
}

func http2() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: protocols}
}

func TestBreaksAsNetHTTPDoes(t *testing.T) {
	const stream = 1
	status200 := frame(frameHeaders, 4, stream, 0x88)
	for name, c := range map[string]struct {
		script    *pb.Script
		serve     server
		transport *http.Transport
	}{
		"refused": {broken(pb.Break_BREAK_REFUSED), nil, &http.Transport{}},
		"reset": {broken(pb.Break_BREAK_RESET_AFTER_READ), func(t *testing.T, conn net.Conn) {
			readRequest(t, conn)
			reset(conn)
		}, &http.Transport{}},
		"closed": {broken(pb.Break_BREAK_CLOSED_AFTER_READ), func(t *testing.T, conn net.Conn) {
			readRequest(t, conn)
			conn.Close()
		}, &http.Transport{}},
		"no HTTP": {broken(pb.Break_BREAK_NO_HTTP), func(t *testing.T, conn net.Conn) {
			readRequest(t, conn)
			io.WriteString(conn, "nonsense\r\n")
		}, &http.Transport{}},
		"reset half-way": {cut(pb.Cut_CUT_RESET_HALF), func(t *testing.T, conn net.Conn) {
			writeHalf(t, conn)
			reset(conn)
		}, &http.Transport{}},
		"closed half-way": {cut(pb.Cut_CUT_CLOSE_HALF), func(t *testing.T, conn net.Conn) {
			writeHalf(t, conn)
			conn.Close()
		}, &http.Transport{}},
		"stream refused": {
			broken(pb.Break_BREAK_REFUSED_STREAM),
			serveHTTP2(frame(frameReset, 0, stream, 0, 0, 0, refused)), http2(),
		},
		"stream refused half-way": {
			cut(pb.Cut_CUT_REFUSED_STREAM_HALF),
			serveHTTP2(status200, frame(frameReset, 0, stream, 0, 0, 0, refused)), http2(),
		},
		"going away": {
			broken(pb.Break_BREAK_GOAWAY),
			serveHTTP2(frame(frameGoAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), http2(),
		},
		"going away with the request": {
			broken(pb.Break_BREAK_GOAWAY_INCLUDED), func(t *testing.T, conn net.Conn) {
				serveHTTP2(frame(frameGoAway, 0, 0, 0, 0, 0, stream, 0, 0, 0, 0))(t, conn)
				conn.Close()
			}, http2(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := closedPort(t)
			if c.serve != nil {
				at = listen(t, c.serve)
			}
			want := shape(realError(t, c.transport, "http://"+at))
			if got := shape(scriptError(t, c.script)); got != want {
				t.Errorf("the script says\n\t%s\nnet/http\n\t%s", got, want)
			}
		})
	}
}

func TestRefusesCertificatesAsNetHTTPDoes(t *testing.T) {
	served := httptest.NewUnstartedServer(http.NotFoundHandler())
	served.Config.ErrorLog = nil
	served.StartTLS()
	defer served.Close()
	trusting := served.Client().Transport.(*http.Transport).TLSClientConfig
	for certificate, config := range map[pb.Certificate]*tls.Config{
		pb.Certificate_CERTIFICATE_UNKNOWN_AUTHORITY: {},
		pb.Certificate_CERTIFICATE_WRONG_HOST: {
			RootCAs: trusting.RootCAs, ServerName: "memory.test",
		},
	} {
		t.Run(certificate.String(), func(t *testing.T) {
			real := realError(t, &http.Transport{TLSClientConfig: config}, served.URL)
			script := scriptError(t, &pb.Script{Certificate: certificate})
			var want, got *tls.CertificateVerificationError
			if !errors.As(real, &want) || !errors.As(script, &got) {
				t.Fatalf("net/http says %v, the script %v", real, script)
			}
			if fmt.Sprintf("%T", want.Err) != fmt.Sprintf("%T", got.Err) {
				t.Errorf("net/http says a %T, the script a %T", want.Err, got.Err)
			}
		})
	}
}
