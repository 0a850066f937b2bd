package ameide

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/trace/noop"
)

// An option that is wrong: by what name it is refused, and by what rule.
type wrong struct {
	option string
	given  Option
	rule   string
}

func wrongSettings() []wrong {
	var none context.Context
	return []wrong{
		{"timeoutMs", WithTimeout(0), "must be a duration greater than 0, got zero"},
		{"timeoutMs", WithTimeout(-5 * time.Millisecond), "got a negative duration (-5ms)"},
		{"timeoutMs", WithTimeout(math.MinInt64), "got a negative duration"},
		{"attemptTimeoutMs", WithAttemptTimeout(0), "greater than 0"},
		{"firstMessageTimeoutMs", WithFirstMessageTimeout(-1), "greater than 0"},
		{"idleTimeoutMs", WithIdleTimeout(0), "greater than 0"},
		{"retry.maxAttempts", WithRetry(MaxAttempts(6)), "must be an integer from 1 to 5, got 6"},
		{"retry.maxAttempts", WithRetry(MaxAttempts(0)), "must be an integer from 1 to 5, got zero"},
		{"retry.baseDelayMs", WithRetry(BaseDelay(0)), "at least 1ms, got zero"},
		{"retry.throttleDelayMs", WithRetry(ThrottleDelay(500 * time.Microsecond)), "at least 1ms, got 500µs"},
		{"retry.maxDelayMs", WithRetry(MaxDelay(-1)), "at least 1ms"},
		{"retry.maxServerDelayMs", WithRetry(MaxServerDelay(0)), "at least 1ms"},
		{"retry.retryableCodes", WithRetry(RetryableCodes("ABORTED")), "Connect's spelling"},
		{"retry.retryableCodes", WithRetry(RetryableCodes("unavailble")), "did you mean unavailable?"},
		{"retry.retryableCodes", WithRetry(RetryableCodes(connect.Code(99))), "Connect's spelling"},
		{"auth.token", WithAuth(BearerToken("Bearer s3cret")), "without Bearer before it"},
		{"auth.token", WithAuth(BearerToken("s3cret\n")), "printable ASCII on one line"},
		{"auth.token", WithAuth(BearerToken("")), "got an empty string"},
		{"auth.provider", WithAuth(Provider(nil)), "must be a function, got null"},
		{"auth", WithAuth(nil), "must be no nil; WithoutAuth() sends no credential"},
		{"auth", WithAuth(new(Auth)), "must be made by BearerToken, StaticKey or Provider"},
		{"retry", WithRetry(nil), "must have no nil in its list"},
		{"auth.value", WithAuth(StaticKey("x-key", "s3cret\r\n")), "one line"},
		{"auth.value", WithAuth(StaticKey("x-key", "")), "got an empty string"},
		{"auth.header", WithAuth(StaticKey("", "s3cret")), "header name"},
		{"auth.header", WithAuth(StaticKey("x key", "s3cret")), "header name"},
		{"auth.header", WithAuth(StaticKey("X-Tenant-Id", "s3cret")), "the SDK sets itself"},
		{"auth.header", WithAuth(StaticKey("content-type", "s3cret")), "the SDK sets itself"},
		{"auth.header", WithAuth(StaticKey("date", "s3cret")), "value is logged"},
		{"tenant", WithTenant("s3cret s3cret"), "must be 1 to 128"},
		{"tenant", WithTenant(""), "got an empty string"},
		{"headers.a b", WithHeader("a b", "c"), "header name"},
		{"headers.x-a", WithHeader("x-a", "s3cret\nx"), "printable ASCII"},
		{"headers.AUTHORIZATION", WithHeader("AUTHORIZATION", "s3cret"), "is set by the SDK; use WithAuth (WithHeader)"},
		{"headers.X-Request-Id", WithHeader("X-Request-Id", "s3cret"), "is set by the SDK; use WithRequestID (WithHeader)"},
		{"headers.Connection", WithHeader("Connection", "s3cret"), "of the connection"},
		{"headers.grpc-x", WithHeaders(map[string]string{"grpc-x": "s3cret"}), "is set by the SDK"},
		{"headers.(a name that is no text", WithHeader(strings.Repeat("s3cret ", 20), "c"), "header name"},
		{"deadlineFrom", WithDeadlineFrom(none), "context of the request being served"},
		{"deadlineFrom", WithDeadlineFrom((*noContext)(nil)), "context of the request being served"},
	}
}

func wrongOptions() []wrong {
	return []wrong{
		{"noDeadline", both(WithTimeout(1), NoDeadline()), "excludes WithTimeout (NoDeadline)"},
		{"noDeadline", both(NoDeadline(), WithTimeout(1)), "excludes WithTimeout (NoDeadline)"},
		{"baseUrl", WithBaseURL("api.s3cret.test"), "needs its scheme, for instance https://api.example.com"},
		{"baseUrl", WithBaseURL(""), "must be a URL, got an empty string"},
		{"baseUrl", WithBaseURL("http://api.test"), "plain http is for loopback"},
		{"baseUrl", WithBaseURL("https://user:s3cret@api.test"), "no user, password"},
		{"allowInsecureHosts", AllowInsecureHosts("*.com"), "array of host names"},
		{"protocol", WithProtocol("gprc"), "did you mean grpc? It must be one of connect, grpc, grpc-web, got gprc"},
		{"protocol", WithProtocol("s3cret or so"), "grpc-web, got a string"},
		{"methods", WithMethod("acme v1"), `the selector "acme v1" must be a service`},
		{"methods[acme.v1.Billing].timeoutMs", WithMethod("acme.v1.Billing", WithTimeout(0)), "greater than 0"},
		{"methods[acme.v1.Billing/Charge].tenant", WithMethod("/acme.v1.Billing/Charge", WithTenant(" ")), "1 to 128"},
		{"budget.capacity", WithBudget(BudgetCapacity(10_001)), "integer from 1 to 10000, got 10001"},
		{"budget.cost", WithBudget(BudgetCost(0)), "integer from 1"},
		{"budget.throttleCost", WithBudget(BudgetThrottleCost(-1)), "got a negative number (-1)"},
		{"options", nil, "must have no nil in its list"},
		{"methods[acme.v1.Billing].options", WithMethod("acme.v1.Billing", nil), "must have no nil in its list"},
		{"budget", WithBudget(BudgetCost(1), nil), "must have no nil in its list"},
		{"keepAlive", WithKeepAlive(nil), "must have no nil in its list"},
		{"interceptors", WithInterceptors(nil), "no nil"},
		{"interceptors", WithInterceptors((*interceptor)(nil)), "no nil"},
		{"interceptors", WithInterceptors(connect.UnaryInterceptorFunc(nil)), "no nil"},
		{"compression.send", WithSendCompression("br"), "must be one of none, gzip, got br"},
		{"compression.accept", WithAcceptCompression("zstd"), "must be one of none, gzip"},
		{"compression.minBytes", WithCompressMinBytes(-1), "integer from 0"},
		{"httpVersion", WithHTTPVersion("3"), "one of 1.1, 2"},
		{"httpVersion", both(WithProtocol(ProtocolGRPC), WithHTTPVersion(HTTP1)), "must be 2 for gRPC"},
		{"httpGet", both(WithProtocol(ProtocolGRPCWeb), WithHTTPGet(true)), "is for protocol connect"},
		{"connectTimeoutMs", WithConnectTimeout(0), "greater than 0"},
		{"maxConnections", WithMaxConnections(0), "integer from 1 to 65535"},
		{"maxConnections", WithMaxConnections(65_536), "integer from 1 to 65535, got 65536"},
		{"keepAlive.intervalMs", WithKeepAlive(KeepAliveInterval(999 * time.Millisecond)), "at least 1s, got 999ms"},
		{"keepAlive.timeoutMs", WithKeepAlive(KeepAliveTimeout(0)), "at least 1ms"},
		{"maxConnectionAgeMs", WithMaxConnectionAge(0), "at least 1ms"},
		{"readMaxBytes", WithReadMaxBytes(0), "integer from 1"},
		{"headerNames.tenant", WithTenantHeader("x tenant"), "header name"},
		{"headerNames.requestId", WithRequestIDHeader("Authorization"), "a meaning of its own"},
		{"headerNames.requestId", WithRequestIDHeader("x-tenant-id"), "another header of the SDK"},
		{"headerNames.idempotencyKey", WithIdempotencyKeyHeader("grpc-x"), "a meaning of its own"},
		{"preset", WithPreset("production"), "one of standalone, mesh"},
		{"mode", WithMode("dry-run"), "one of enforce, observe"},
		{"behavior", WithBehavior(2), "one of 1, got 2"},
		{"tls", WithTLS(nil), "got null"},
		{"tls", WithTLSSource(nil), "got null"},
		{"tls", both(WithBaseURL("http://localhost"), AllowInsecureLoopback(), WithTLS(withCertificate())), "is for https"},
		{"proxy", WithProxy("socks5://s3cret"), "http or https address"},
		{"proxy", WithProxy("http://proxy.test/s3cret"), "without a path"},
		{"proxy", WithProxy("http://proxy.test:99999"), "a port from 1 to 65535"},
		{"proxy", WithProxy("http://proxy.test:0"), "a port from 1 to 65535"},
		{"proxy", WithProxy("http://:3128"), "a host as it is used"},
		{"proxy", WithProxy("http://256.1.1.1:3128"), "a host as it is used"},
		{"baseUrl", WithBaseURL("https://api.test:99999"), "must be a URL"},
		{"appName", WithAppName("my app"), "app/version"},
		{"logger", WithLogger(nil), "must be a logger"},
		{"logLevel", WithLogLevel("trace"), "one of off, error"},
		{"transport", WithRoundTripper(nil), "HTTP client"},
		{"transport", WithRoundTripper((*http.Transport)(nil)), "HTTP client"},
		{"telemetry", WithTelemetry((*noTracers)(nil), nil), "must be providers"},
		{"descriptors", WithDescriptors(nil), "must be files of descriptors"},
		{"dialContext", WithDialContext(nil), "must be a function"},
		{"observer", WithObserver(nil), "must be a function"},
	}
}

type noContext struct{ context.Context }

type noTracers struct{ noop.TracerProvider }

func both(options ...Option) Option {
	return clientOption(func(o *clientOptions) {
		for _, each := range options {
			each.applyToClient(o)
		}
	})
}

func withCertificate() *tls.Config { return &tls.Config{Certificates: make([]tls.Certificate, 1)} }

func TestWrongOptionsOfAClient(t *testing.T) {
	for _, each := range append(wrongSettings(), wrongOptions()...) {
		t.Run(each.option, func(t *testing.T) {
			_, err := NewTransport("https://api.test", each.given)
			expectRefusal(t, err, each.option, each.rule)
		})
	}
}

func TestWrongSettingsOfAMethod(t *testing.T) {
	for _, each := range wrongSettings() {
		t.Run(each.option, func(t *testing.T) {
			_, err := NewTransport("https://api.test", WithMethod("acme.v1.Billing", each.given.(Setting)))
			expectRefusal(t, err, "methods[acme.v1.Billing]."+each.option, each.rule)
		})
	}
}

func TestWrongSettingsOfACall(t *testing.T) {
	transport, err := NewTransport("https://api.test")
	if err != nil {
		t.Fatal(err)
	}
	ofCall := []wrong{
		{"requestId", nil, "1 to 128 visible ASCII"},
		{"idempotencyKey", nil, "1 to 255 printable ASCII"},
	}
	given := map[string][]CallOption{
		"requestId":      {WithRequestID(""), WithRequestID("s3cret s3cret"), WithRequestID(strings.Repeat("x", 129))},
		"idempotencyKey": {WithIdempotencyKey(""), WithIdempotencyKey(" s3cret"), WithIdempotencyKey("s3cr\u00e9t")},
	}
	check := func(option CallOption, each wrong) {
		ctx := WithCall(context.Background(), option)
		expectRefusal(t, checkCallSettings(callSettings(ctx), transport.client.config.rules), each.option, each.rule)
	}
	for _, each := range ofCall {
		for _, option := range given[each.option] {
			check(option, each)
		}
	}
	for _, each := range wrongSettings() {
		check(each.given.(Setting), each)
	}
}

func expectRefusal(t *testing.T, err error, option, rule string) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("%v is no refusal", err)
	}
	if refused.Reason != ReasonConfigInvalid || refused.Code != connect.CodeInvalidArgument || refused.Origin != OriginClient {
		t.Errorf("it is %v, %v, %v", refused.Reason, refused.Code, refused.Origin)
	}
	what := "option "
	if variableName.MatchString(option) {
		what = "environment variable "
	}
	if !strings.HasPrefix(refused.Message, what+option) || !strings.Contains(refused.Message, rule) {
		t.Errorf("%q does not name %q and %q", refused.Message, option, rule)
	}
	if strings.Contains(refused.Error(), "s3cret") {
		t.Errorf("%q tells a value", refused.Error())
	}
}
