package ameide

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// A contract is what a method declares.
type contract struct {
	name         string
	isRepeatable bool
	call         func(ctx context.Context, transport *Transport) error
}

func threadsOf(transport *Transport) threadsv1connect.ThreadsServiceClient {
	return NewClient(transport, threadsv1connect.NewThreadsServiceClient)
}

var contracts = []contract{
	{"nothing", false, func(ctx context.Context, transport *Transport) error {
		client := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
			transport.HTTPClient(), transport.BaseURL()+"/test.v1.Echo/Echo", transport.Options()...)
		_, err := client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("hello")))
		return err
	}},
	{"idempotency_key", true, func(ctx context.Context, transport *Transport) error {
		_, err := threadsOf(transport).CreateThread(ctx, &threadsv1.CreateThreadRequest{Title: "t"})
		return err
	}},
	{"NO_SIDE_EFFECTS", true, func(ctx context.Context, transport *Transport) error {
		_, err := threadsOf(transport).GetThread(ctx, &threadsv1.GetThreadRequest{ThreadId: "t1"})
		return err
	}},
}

// With retries a server of HTTP/2 gets as many requests as the contract of the method allows, and no other ones.
func TestRequestsOverHTTP2(t *testing.T) {
	refusedStream := func(p *h2Peer, stream uint32) { p.write(3, 0, stream, 0, 0, 0, 7) }
	protocolError := func(p *h2Peer, stream uint32) { p.write(3, 0, stream, 0, 0, 0, 1) }
	goneBelow := func(p *h2Peer, _ uint32) { p.write(frameGoAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }
	goneAbove := func(p *h2Peer, stream uint32) {
		p.write(frameGoAway, 0, 0, 0, 0, 0, byte(stream), 0, 0, 0, 0)
		_ = p.Close()
	}
	for _, each := range []struct {
		name string
		fail func(p *h2Peer, stream uint32)
		// Where nothing is stated, and of methods that may be repeated.
		nothing, repeatable int32
	}{
		// Three attempts, and a transparent one.
		{"REFUSED_STREAM", refusedStream, 4, 4},
		{"GOAWAY below it", goneBelow, 4, 4},
		{"PROTOCOL_ERROR", protocolError, 1, 3},
		{"GOAWAY that includes it", goneAbove, 1, 3},
	} {
		for _, contract := range contracts {
			want := each.nothing
			if contract.isRepeatable {
				want = each.repeatable
			}
			t.Run(each.name+" "+contract.name, func(t *testing.T) {
				var requests atomic.Int32
				url, _ := serveH2(t, 100, func(p *h2Peer, _ int, frame h2Frame) bool {
					if isEndOfRequest(frame) {
						requests.Add(1)
						each.fail(p, frame.stream)
					}
					return false
				})
				transport := newTestTransport(t, url, WithHTTPVersion(HTTP2), WithTenant("acme"), WithRetry(BaseDelay(time.Millisecond)))
				if err := contract.call(t.Context(), transport); connect.CodeOf(err) != connect.CodeUnavailable {
					t.Error(err)
				}
				if sent := requests.Load(); sent != want {
					t.Errorf("%d requests instead of %d", sent, want)
				}
			})
		}
	}
}

// A kept connection that breaks under a request has net/http send it again where it may be repeated, or has a key.
// Without retries it is sent once.
func TestNothingIsSentAgainBelowTheSDK(t *testing.T) {
	for _, each := range []struct {
		name string
		cut  func(conn net.Conn)
	}{
		{"closed", func(conn net.Conn) { _ = conn.Close() }},
		{"reset", reset},
	} {
		for _, contract := range contracts {
			t.Run(each.name+" "+contract.name, func(t *testing.T) {
				var requests atomic.Int32
				url, _ := serveTCP(t, func(conn net.Conn, _ int) {
					in := bufio.NewReader(conn)
					for {
						request, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, request.Body)
						if requests.Add(1) > 1 {
							each.cut(conn)
							return
						}
						_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 0\r\n\r\n")
					}
				})
				transport := newTestTransport(t, url, WithHTTPVersion(HTTP1), WithTenant("acme"), WithoutRetry())
				if err := contract.call(t.Context(), transport); err != nil {
					t.Fatal(err)
				}
				if err := contract.call(t.Context(), transport); connect.CodeOf(err) != connect.CodeUnavailable {
					t.Error(err)
				}
				if sent := requests.Load(); sent != 2 {
					t.Errorf("%d requests for 2 calls", sent)
				}
			})
		}
	}
}
