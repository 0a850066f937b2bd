package ameide

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
)

// A Protocol is what is spoken on the wire.
type Protocol string

const (
	ProtocolConnect Protocol = "connect"  // Connect, the default
	ProtocolGRPC    Protocol = "grpc"     // gRPC, which needs HTTP/2
	ProtocolGRPCWeb Protocol = "grpc-web" // gRPC-Web
)

// A Preset is what the environment around a client already does.
type Preset string

const (
	PresetStandalone Preset = "standalone" // nothing, the default
	PresetMesh       Preset = "mesh"       // a proxy retries: one attempt
)

// A Mode is what a policy does.
type Mode string

const (
	ModeEnforce Mode = "enforce" // it holds, the default
	ModeObserve Mode = "observe" // it is evaluated and reported, and leaves calls unchanged
)

// An HTTPVersion is the version of connections.
type HTTPVersion string

const (
	HTTP1 HTTPVersion = "1.1" // HTTP/1.1
	HTTP2 HTTPVersion = "2"   // HTTP/2, over https by ALPN, over http by prior knowledge
)

// A Compression is how messages are compressed.
type Compression string

const (
	CompressionNone Compression = "none" // not at all, the default
	CompressionGzip Compression = "gzip" // gzip
)

type formatName string

const (
	formatBinary formatName = "binary"
	formatJSON   formatName = "json"
)

// clientOptions are what one level of a client states.
type clientOptions struct {
	settings
	baseURL                stated[string]
	allowInsecureLoopback  stated[bool]
	allowInsecureHosts     stated[[]string]
	environmentCredentials stated[bool]
	protocol               stated[Protocol]
	format                 stated[formatName]
	methods                stated[[]methodOptions]
	budget                 stated[budgetOptions]
	interceptors           stated[[]connect.Interceptor]
	compression            stated[compressionOptions]
	httpVersion            stated[HTTPVersion]
	connectTimeout         stated[time.Duration]
	maxConnections         stated[int]
	keepAlive              stated[*keepAliveOptions] // nil: off
	maxConnectionAge       stated[time.Duration]
	httpGet                stated[bool]
	readMaxBytes           stated[int]
	headerNames            stated[headerNameOptions]
	preset                 stated[Preset]
	mode                   stated[Mode]
	behavior               stated[int]
	baggage                stated[[]string]
	attemptSpans           stated[bool]
	tenantAttribute        stated[bool]
	tls                    stated[*tlsOptions]
	proxy                  stated[*string] // nil: none
	appName                stated[string]
	telemetry              stated[*telemetryOptions] // nil: none
	logger                 stated[*slog.Logger]
	logLevel               stated[LogLevel]
	policy                 stated[*policyOption]
	descriptors            stated[*protoregistry.Files]
	roundTripper           stated[http.RoundTripper]
	dialContext            stated[*dialOption]
	observer               stated[Observer]
	runtime                stated[*hook.Runtime]
}

// fields are all of the options but the settings, always in one order.
func (o *clientOptions) fields() []field {
	return []field{
		&o.baseURL, &o.allowInsecureLoopback, &o.allowInsecureHosts, &o.environmentCredentials, &o.protocol, &o.format,
		&o.methods, &o.budget, &o.interceptors, &o.compression, &o.httpVersion, &o.connectTimeout, &o.maxConnections,
		&o.keepAlive, &o.maxConnectionAge, &o.httpGet, &o.readMaxBytes, &o.headerNames, &o.preset, &o.mode, &o.behavior,
		&o.baggage, &o.attemptSpans, &o.tenantAttribute, &o.tls, &o.proxy, &o.appName, &o.telemetry, &o.logger,
		&o.logLevel, &o.policy, &o.descriptors, &o.roundTripper, &o.dialContext, &o.observer, &o.runtime,
	}
}

// methodOptions are settings for a service or a method.
type methodOptions struct {
	selector string
	settings *settings
}

type budgetOptions struct {
	capacity, cost, throttleCost stated[int]
}

type compressionOptions struct {
	send, accept stated[Compression]
	minBytes     stated[int]
}

type keepAliveOptions struct {
	interval, timeout stated[time.Duration]
	whileIdle         stated[bool]
}

type headerNameOptions struct {
	tenant, requestID, idempotencyKey stated[string]
}

// tlsOptions are TLS material, or who is asked for it when a connection is made. Their address is their identity.
type tlsOptions struct {
	config *tls.Config
	source func(context.Context) (*tls.Config, error)
}

// telemetryOptions are the providers of spans and metrics; nil for those of the global API.
type telemetryOptions struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// A policyOption is a policy document as it was given. Its address is its identity.
type policyOption struct {
	json []byte
}

// A dialOption is who makes connections.
type dialOption struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o *clientOptions) apply(options []Option) {
	for _, option := range options {
		if isNil(option) {
			o.wrong = append(o.wrong, fault{option: "options", rule: noNil})
		} else {
			option.applyToClient(o)
		}
	}
}

type clientOption func(*clientOptions)

func (o clientOption) applyToClient(options *clientOptions) { o(options) }

func init() {
	hook.Option = func(runtime *hook.Runtime) any {
		return clientOption(func(o *clientOptions) { o.runtime = state(runtime.Over(o.runtime.value)) })
	}
	hook.RefuseWord = func(option, rule, word string, known ...string) error {
		return namingConfigError(option, rule, word, known...)
	}
}

// WithBaseURL sets where the service is, for [Transport.With]; [NewTransport] takes it by its first parameter. A
// client that is derived for another origin states auth, tenant, headers and TLS anew where its parent has them.
func WithBaseURL(url string) Option {
	return clientOption(func(o *clientOptions) { o.baseURL = state(url) })
}

// AllowInsecureLoopback allows plain http to localhost, 127.0.0.0/8 and ::1. Default refused.
func AllowInsecureLoopback() Option {
	return clientOption(func(o *clientOptions) { o.allowInsecureLoopback = state(true) })
}

// AllowInsecureHosts allows plain http to these hosts, on any port, credentials included: those whose sidecars or
// networks encrypt. They are names and IP addresses as they stand in the base address; *.svc.cluster.local is every
// name below that one, *. with fewer than two labels behind it is refused. Default none.
func AllowInsecureHosts(hosts ...string) Option {
	hosts = slices.Clone(hosts)
	return clientOption(func(o *clientOptions) {
		o.allowInsecureHosts = state(append(slices.Clone(o.allowInsecureHosts.value), hosts...))
	})
}

// WithEnvironmentCredentials sends AMEIDE_TOKEN and AMEIDE_TENANT to the base address that code names. Default false:
// they are for the origin of AMEIDE_BASE_URL alone.
func WithEnvironmentCredentials(send bool) Option {
	return clientOption(func(o *clientOptions) { o.environmentCredentials = state(send) })
}

// WithProtocol sets what is spoken on the wire. Default [ProtocolConnect].
func WithProtocol(protocol Protocol) Option {
	return clientOption(func(o *clientOptions) { o.protocol = state(protocol) })
}

// WithJSON encodes messages as JSON. Default binary.
func WithJSON() Option {
	return clientOption(func(o *clientOptions) { o.format = state(formatJSON) })
}

// WithBinary encodes messages as protobuf's binary format, the default: it ends the [WithJSON] of a parent.
func WithBinary() Option {
	return clientOption(func(o *clientOptions) { o.format = state(formatBinary) })
}

// WithMethod sets what holds for a service (acme.v1.Billing) or a method (acme.v1.Billing/Charge), of which the
// method's holds first. The constants that are generated beside a client (BillingServiceChargeProcedure,
// BillingServiceName) are selectors, too. Values that are not given are those of the client. Default none.
func WithMethod(selector string, options ...Setting) Option {
	selector = strings.TrimPrefix(selector, "/")
	return clientOption(func(o *clientOptions) {
		into := o.method(selector)
		for _, option := range options {
			into.apply([]CallOption{option})
		}
	})
}

// method are the settings of a selector, which are made where there are none.
func (o *clientOptions) method(selector string) *settings {
	for _, each := range o.methods.value {
		if each.selector == selector {
			return each.settings
		}
	}
	made := new(settings)
	o.methods = state(append(o.methods.value, methodOptions{selector, made}))
	return made
}

// A BudgetOption is a value of [WithBudget].
type BudgetOption func(*budgetOptions)

// WithBudget sets the retry budget, which is shared by all clients that are derived from one another, for each
// origin. The first client of an origin sets it. Default on, with the defaults of its values.
func WithBudget(options ...BudgetOption) Option {
	return clientOption(func(o *clientOptions) {
		budget := o.budget.value
		applyAll(options, &budget, &o.settings, "budget")
		o.budget = state(budget)
	})
}

// BudgetCapacity is the initial and maximum number of tokens, 1 to 10000. Default 500.
func BudgetCapacity(tokens int) BudgetOption {
	return func(b *budgetOptions) { b.capacity = state(tokens) }
}

// BudgetCost is what a retry costs, 1 to 10000. Default 14.
func BudgetCost(tokens int) BudgetOption {
	return func(b *budgetOptions) { b.cost = state(tokens) }
}

// BudgetThrottleCost is what a retry after a throttle costs, and the transparent one, 1 to 10000. Default 5.
func BudgetThrottleCost(tokens int) BudgetOption {
	return func(b *budgetOptions) { b.throttleCost = state(tokens) }
}

// WithInterceptors adds interceptors of your own, run for every attempt, the first outermost. [AttemptInfoFrom] tells
// them which attempt that is. Interceptors of a derived client replace its parent's. Default none.
func WithInterceptors(interceptors ...connect.Interceptor) Option {
	interceptors = slices.Clone(interceptors)
	return clientOption(func(o *clientOptions) {
		o.interceptors = state(append(slices.Clone(o.interceptors.value), interceptors...))
	})
}

// WithSendCompression compresses requests. Default none.
func WithSendCompression(compression Compression) Option {
	return clientOption(func(o *clientOptions) {
		o.compression = state(o.compression.value)
		o.compression.value.send = state(compression)
	})
}

// WithAcceptCompression asks for compressed responses. Default none.
func WithAcceptCompression(compression Compression) Option {
	return clientOption(func(o *clientOptions) {
		o.compression = state(o.compression.value)
		o.compression.value.accept = state(compression)
	})
}

// WithCompressMinBytes sends messages of fewer bytes as they are. Default 1024.
func WithCompressMinBytes(bytes int) Option {
	return clientOption(func(o *clientOptions) {
		o.compression = state(o.compression.value)
		o.compression.value.minBytes = state(bytes)
	})
}
