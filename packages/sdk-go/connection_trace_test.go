package ameide

import (
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
