package ameide

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const echoProcedure = "/acme.v1.Echo/Say"

// cannedAnswer answers each request at once, and reads nothing of it but its body.
type cannedAnswer struct {
	header http.Header
	body   []byte
}

func (c *cannedAnswer) RoundTrip(request *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil, err
	}
	return c.Do(request)
}

func (c *cannedAnswer) Do(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: c.header, Body: io.NopCloser(bytes.NewReader(c.body)), ProtoMajor: 2,
	}, nil
}

func newCannedAnswer() *cannedAnswer {
	return &cannedAnswer{http.Header{"Content-Type": {"application/proto"}}, []byte{0x0a, 2, 'h', 'i'}}
}

type sayer = connect.Client[wrapperspb.StringValue, wrapperspb.StringValue]

func rawSayer() *sayer {
	return connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		newCannedAnswer(), "https://api.test"+echoProcedure, connect.WithAcceptCompression("gzip", nil, nil))
}

func newSayer(t testing.TB) *sayer {
	t.Helper()
	transport, err := NewTransport("https://api.test", WithRoundTripper(newCannedAnswer()), WithoutTelemetry(),
		WithTenant("acme"), WithAuth(BearerToken("t1")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		transport.HTTPClient(), transport.BaseURL()+echoProcedure, transport.Options()...)
}

func say(t testing.TB, client *sayer) {
	if _, err := client.CallUnary(context.Background(), connect.NewRequest(wrapperspb.String("hello"))); err != nil {
		t.Fatal(err)
	}
}

// What a call with a tenant and a credential that succeeds at once may allocate beyond Connect's own.
const mostAllocations = 16

func TestAllocationsOfACall(t *testing.T) {
	raw, ours := rawSayer(), newSayer(t)
	most := testing.AllocsPerRun(100, func() { say(t, raw) }) + mostAllocations
	if made := testing.AllocsPerRun(100, func() { say(t, ours) }); made > most {
		t.Errorf("a call makes %v allocations, more than %v", made, most)
	}
}

func BenchmarkRawUnary(b *testing.B) {
	client := rawSayer()
	b.ReportAllocs()
	for b.Loop() {
		say(b, client)
	}
}

func BenchmarkUnary(b *testing.B) {
	client := newSayer(b)
	b.ReportAllocs()
	for b.Loop() {
		say(b, client)
	}
}
