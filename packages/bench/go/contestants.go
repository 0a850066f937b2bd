package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	inferencev1 "github.com/ameideio/ameide-core-proto-go/ameide/inference/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/inference/v1/inferencev1connect"
	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/meter/v1/meterv1connect"
	"github.com/ameideio/ameide-sdk-go"
)

// A run is one call, or one stream read to its end.
type run func(ctx context.Context) error

const cannedURL = "https://bench.example"

// sdkTransport is the SDK with every policy at work: a token from a provider, a tenant, ids, an idempotency key, both
// timeouts, retries, and telemetry over OpenTelemetry's API, in which nobody has registered anything.
func sdkTransport(baseURL string, changes ...ameide.Option) *ameide.Transport {
	token := ameide.Token{Token: "token-of-the-bench", ExpiresAt: time.Now().Add(24 * time.Hour)}
	provider := func(context.Context, ameide.TokenRequest) (ameide.Token, error) { return token, nil }
	options := []ameide.Option{ameide.WithTenant("acme"), ameide.WithAuth(ameide.Provider(provider))}
	transport, err := ameide.NewTransport(baseURL, append(options, changes...)...)
	if err != nil {
		panic(err)
	}
	return transport
}

// The SDK over canned answers.
func sdkOver(answers *canned, changes ...ameide.Option) *ameide.Transport {
	return sdkTransport(cannedURL, append(changes, ameide.WithRoundTripper(answers))...)
}

func sdkUnary(changes ...ameide.Option) run {
	return unaryOf(sdkOver(unaryAnswer(recorded()), changes...))
}

func unaryOf(transport *ameide.Transport) run {
	return ameide.NewClient(transport, unary)
}

func unary(client connect.HTTPClient, baseURL string, options ...connect.ClientOption) run {
	meter := meterv1connect.NewMeterServiceClient(client, baseURL, options...)
	return func(ctx context.Context) error {
		_, err := meter.RecordUsage(ctx, usage())
		return err
	}
}

func streamed(client connect.HTTPClient, baseURL string, options ...connect.ClientOption) run {
	inference := inferencev1connect.NewInferenceServiceClient(client, baseURL, options...)
	return func(ctx context.Context) error {
		stream, err := inference.Generate(ctx, question())
		if err != nil {
			return err
		}
		return readAll(stream)
	}
}

func readAll(stream *connect.ServerStreamForClient[inferencev1.GenerateResponse]) error {
	count := 0
	for stream.Receive() {
		count++
	}
	if stream.Err() == nil && count != streamMessages {
		return fmt.Errorf("%d messages instead of %d", count, streamMessages)
	}
	return stream.Err()
}

// As the SDK, the bare client asks for no compression.
var uncompressed = connect.WithAcceptCompression("gzip", nil, nil)

func bareUnary() run { return unary(unaryAnswer(recorded()), cannedURL, uncompressed) }

func bareStream() run {
	return streamed(streamAnswer(someWords(), streamMessages), cannedURL, uncompressed)
}

func sdkStream() run {
	transport := sdkOver(streamAnswer(someWords(), streamMessages))
	return ameide.NewClient(transport, streamed)
}

// withCall makes calls with settings of their own.
func withCall(inner run, settings ...ameide.CallOption) run {
	return func(ctx context.Context) error { return inner(ameide.WithCall(ctx, settings...)) }
}

// bareLoopback is the bare client over net/http.
func bareLoopback(version ameide.HTTPVersion, options ...connect.ClientOption) func(address string) run {
	return func(address string) run {
		return unary(netHTTP(version), "http://"+address, append(options, uncompressed)...)
	}
}

func netHTTP(version ameide.HTTPVersion) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == ameide.HTTP1)
	protocols.SetUnencryptedHTTP2(version == ameide.HTTP2)
	return &http.Client{Transport: &http.Transport{Protocols: protocols, DisableCompression: true}}
}

// sameHeaders is the bare client that sends what the SDK does: what that takes, server included, is not the SDK's.
type sameHeaders struct {
	connect.HTTPClient
	calls atomic.Int64
}

// Do sends a request with the headers of the SDK, ids of its own among them.
func (s *sameHeaders) Do(request *http.Request) (*http.Response, error) {
	id := fmt.Sprintf("01900000-0000-7000-8000-%012x", s.calls.Add(1))
	for name, value := range map[string]string{
		"Authorization": "Bearer token-of-the-bench", "Connect-Timeout-Ms": "10000", "Idempotency-Key": id,
		"X-Request-Id": id, "X-Tenant-Id": "acme",
	} {
		request.Header.Set(name, value)
	}
	return s.HTTPClient.Do(request)
}

func bareLoopbackWithHeaders(version ameide.HTTPVersion) func(address string) run {
	return func(address string) run {
		return unary(&sameHeaders{HTTPClient: netHTTP(version)}, "http://"+address, uncompressed)
	}
}

func sdkLoopback(version ameide.HTTPVersion, protocol ameide.Protocol) func(address string) run {
	return func(address string) run {
		options := []ameide.Option{
			ameide.AllowInsecureLoopback(), ameide.WithHTTPVersion(version), ameide.WithProtocol(protocol),
		}
		return unaryOf(sdkTransport("http://"+address, options...))
	}
}

func grpcGo(address string) run {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	return func(ctx context.Context) error {
		return conn.Invoke(ctx, meterv1connect.MeterServiceRecordUsageProcedure, usage(), new(meterv1.RecordUsageResponse))
	}
}
