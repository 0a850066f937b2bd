package ameide_test

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// expectMisuse looks that a client is told what is wrong with how it was made.
func expectMisuse(t *testing.T, err error, says ...string) {
	t.Helper()
	var refused *ameide.Error
	if !errors.As(err, &refused) || refused.Code != connect.CodeInvalidArgument || refused.Origin != ameide.OriginClient ||
		refused.Reason != ameide.ReasonConfigInvalid {
		t.Fatalf("%v", err)
	}
	for _, each := range says {
		if !strings.Contains(refused.Message, each) {
			t.Errorf("%q does not say %q", refused.Message, each)
		}
	}
}

func localTransport(t *testing.T, baseURL string, options ...ameide.Option) *ameide.Transport {
	t.Helper()
	transport, err := ameide.NewTransport(baseURL, append(options, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return transport
}

// callsOver makes a unary call, a server stream and a bidi stream.
func callsOver(ctx context.Context, client connect.HTTPClient, baseURL string, options ...connect.ClientOption) map[string]error {
	threads := threadsv1connect.NewThreadsServiceClient(client, baseURL, options...)
	_, unary := threads.ListThreads(ctx, &threadsv1.ListThreadsRequest{})
	stream, server := threads.WatchThread(ctx, &threadsv1.WatchThreadRequest{})
	if server == nil {
		stream.Receive()
		server = stream.Err()
		_ = stream.Close()
	}
	echo := connect.NewClient[threadsv1.ListThreadsRequest, threadsv1.ListThreadsResponse](
		client, baseURL+"/acme.v1.Echo/Both", options...).CallBidiStream(ctx)
	_ = echo.Send(&threadsv1.ListThreadsRequest{})
	_, both := echo.Receive()
	_ = echo.CloseRequest()
	_ = echo.CloseResponse()
	return map[string]error{"unary": unary, "server stream": server, "bidi stream": both}
}

func TestClientsOverAnotherHTTPClient(t *testing.T) {
	server := httptest.NewUnstartedServer(threadsHandler())
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	there := localTransport(t, server.URL)
	nowhere := localTransport(t, "http://127.0.0.1:9", ameide.WithHTTPVersion(ameide.HTTP2))
	for name, each := range map[string]struct {
		transport *ameide.Transport
		client    *http.Client
	}{"that answers": {there, server.Client()}, "that fails": {nowhere, http.DefaultClient}} {
		for kind, err := range callsOver(t.Context(), each.client, each.transport.BaseURL(), each.transport.Options()...) {
			t.Run(kind+" "+name, func(t *testing.T) {
				expectMisuse(t, err, "did not reach the HTTPClient of its Transport", "ameide.NewClient(transport, NewXClient)")
				var refused *ameide.Error
				if errors.As(err, &refused); len(refused.Attempts) != 1 {
					t.Errorf("%d attempts are made", len(refused.Attempts))
				}
			})
		}
	}
}

func TestClientsWithoutOptions(t *testing.T) {
	transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	for kind, err := range callsOver(t.Context(), transport.HTTPClient(), transport.BaseURL()) {
		t.Run(kind, func(t *testing.T) { expectMisuse(t, err, "needs its Options", "ameide.NewClient") })
	}
	for kind, err := range callsOver(t.Context(), transport.HTTPClient(), "https://other.test", transport.Options()...) {
		t.Run(kind+" elsewhere", func(t *testing.T) { expectMisuse(t, err, "needs its BaseURL", "ameide.NewClient") })
	}
}

func TestNewClient(t *testing.T) {
	transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	response, err := threads.CreateThread(t.Context(), &threadsv1.CreateThreadRequest{Title: "Hello"})
	if err != nil || response.GetThread().GetTitle() != "Hello of acme" {
		t.Errorf("%v, %v", response, err)
	}
}

// Options of Connect's beside those of a transport, which change what is spoken.
//
// With connect.WithSendGzip alone Connect makes no call: without WithAcceptCompression it knows no gzip here.
func TestConnectsOptionsBesideOurs(t *testing.T) {
	acceptGzip := connect.WithAcceptCompression("gzip",
		func() connect.Decompressor { return new(gzip.Reader) },
		func() connect.Compressor { return gzip.NewWriter(nil) })
	for name, each := range map[string]struct {
		beside connect.ClientOption
		ours   []ameide.Option
	}{
		"gRPC":              {beside: connect.WithGRPC()},
		"gRPC-Web":          {beside: connect.WithGRPCWeb()},
		"gRPC-Web for gRPC": {connect.WithGRPCWeb(), []ameide.Option{ameide.WithProtocol(ameide.ProtocolGRPC)}},
		"JSON":              {beside: connect.WithProtoJSON()},
		"gzip":              {beside: connect.WithClientOptions(acceptGzip, connect.WithSendGzip())},
		"gzip over gRPC": {
			connect.WithClientOptions(acceptGzip, connect.WithSendGzip()),
			[]ameide.Option{ameide.WithProtocol(ameide.ProtocolGRPC)},
		},
		"gzip for requests":          {connect.WithSendGzip(), []ameide.Option{ameide.WithAcceptCompression(ameide.CompressionGzip)}},
		"gzip for answers":           {beside: acceptGzip},
		"gzip for answers over gRPC": {acceptGzip, []ameide.Option{ameide.WithProtocol(ameide.ProtocolGRPC)}},
	} {
		var asked atomic.Int64
		counting := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
		transport, err := ameidetest.NewTransport(counting, append(each.ours, ameide.WithTenant("acme"))...)
		if err != nil {
			t.Fatal(err)
		}
		options := append(transport.Options(), each.beside)
		for kind, err := range callsOver(t.Context(), transport.HTTPClient(), transport.BaseURL(), options...) {
			t.Run(kind+" of "+name, func(t *testing.T) { expectMisuse(t, err, "an option of Connect's was given beside Options") })
		}
		if asked.Load() > 0 {
			t.Errorf("%s: %d requests are sent", name, asked.Load())
		}
		transport.Close()
	}
}

func TestConnectsGETBesideOurs(t *testing.T) {
	var method string
	transport, err := ameidetest.NewTransport(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		method = request.Method
	}), ameide.WithTenant("acme"), ameide.WithoutRetry())
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	_ = callsOver(t.Context(), transport.HTTPClient(), transport.BaseURL(), append(transport.Options(), connect.WithHTTPGet())...)
	threads := threadsv1connect.NewThreadsServiceClient(
		transport.HTTPClient(), transport.BaseURL(), append(transport.Options(), connect.WithHTTPGet())...)
	_, _ = threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	if method != http.MethodPost {
		t.Errorf("it goes by %s", method)
	}
}

// A brokenTripper keeps nothing of what a http.RoundTripper promises.
type brokenTripper struct{ response *http.Response }

func (b brokenTripper) RoundTrip(*http.Request) (*http.Response, error) { return b.response, nil }

func TestRoundTrippersThatGiveNoAnswer(t *testing.T) {
	for name, response := range map[string]*http.Response{
		"nothing": nil, "no body": {StatusCode: http.StatusOK}, "no status": {Body: http.NoBody},
	} {
		for _, protocol := range []ameide.Protocol{ameide.ProtocolConnect, ameide.ProtocolGRPC} {
			transport := localTransport(t, "https://api.test", ameide.WithRoundTripper(brokenTripper{response}),
				ameide.WithProtocol(protocol))
			for kind, err := range bothKinds(t, transport) {
				t.Run(name+" to a "+kind+" of "+string(protocol), func(t *testing.T) { expectMisuse(t, err, "transport", "http.RoundTripper") })
			}
		}
	}
	headless := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
	for kind, err := range bothKinds(t, localTransport(t, "https://api.test", ameide.WithRoundTripper(brokenTripper{headless}))) {
		var failed *ameide.Error
		if !errors.As(err, &failed) || failed.HTTPStatus != http.StatusOK {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
