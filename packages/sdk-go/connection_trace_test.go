package ameide

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
)

// An http.Transport of a user tells of its connection, and tells the user's own trace, too.
func TestConnectionTrace(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "application/proto")
	}))
	defer server.Close()
	var seen *recording
	supplied := roundTripperFunc(func(request *http.Request) (*http.Response, error) {
		seen = recordingOf(request.Context())
		return server.Client().Transport.RoundTrip(request)
	})
	transport, err := NewTransport(server.URL, AllowInsecureLoopback(), WithRoundTripper(supplied))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	client := connect.NewClient[emptypb.Empty, emptypb.Empty](
		transport.HTTPClient(), transport.BaseURL()+"/acme.v1.Billing/Charge", transport.Options()...)

	told := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { told = true },
	})
	if _, err := client.CallUnary(ctx, connect.NewRequest(new(emptypb.Empty))); err != nil {
		t.Fatal(err)
	}
	if seen.connection != connectionStands || seen.remote.String() != server.Listener.Addr().String() {
		t.Errorf("the connection is %d, to %v", seen.connection, seen.remote)
	}
	if !told {
		t.Error("the trace of the caller was told nothing")
	}
}

// An HTTP client writes the head of a request before it asks for the body: a connection that breaks between them has
// sent something.
func TestHeadWithoutBody(t *testing.T) {
	for kind, test := range map[string]struct {
		connects bool
		class    RetryClass
	}{
		"a client that tells of its connection": {true, ClassAmbiguous},
		"a client that tells nothing":           {false, ClassNotSent},
	} {
		t.Run(kind, func(t *testing.T) {
			broken := roundTripperFunc(func(request *http.Request) (*http.Response, error) {
				if test.connects {
					trace := httptrace.ContextClientTrace(request.Context())
					trace.GetConn("api.test:443")
					trace.GotConn(httptrace.GotConnInfo{Conn: remoteConn{}})
				}
				return nil, errors.New("read: connection reset by peer")
			})
			transport, err := NewTransport("https://api.test", WithRoundTripper(broken), WithoutRetry())
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			client := connect.NewClient[emptypb.Empty, emptypb.Empty](
				transport.HTTPClient(), transport.BaseURL()+"/acme.v1.Billing/Charge", transport.Options()...)
			_, err = client.CallUnary(t.Context(), connect.NewRequest(new(emptypb.Empty)))
			failed := new(Error)
			if !errors.As(err, &failed) || len(failed.Attempts) != 1 || failed.Attempts[0].Class != test.class {
				t.Errorf("%v: %+v", err, failed.Attempts)
			}
		})
	}
}

// A remoteConn is a connection of which an address is known.
type remoteConn struct{ net.Conn }

func (remoteConn) RemoteAddr() net.Addr { return new(net.TCPAddr) }
