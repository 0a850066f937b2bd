package ameide

import (
	"bytes"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// WithPreset says what the environment around the client does. Default [PresetStandalone]. [PresetMesh] makes one
// attempt, since a proxy retries; it allows no plain http: [AllowInsecureHosts] does.
func WithPreset(preset Preset) Option {
	return clientOption(func(o *clientOptions) { o.preset = state(preset) })
}

// WithMode sets what the policy does. [ModeObserve] evaluates it and reports what it would have done, but leaves calls
// unchanged. Default [ModeEnforce].
func WithMode(mode Mode) Option {
	return clientOption(func(o *clientOptions) { o.mode = state(mode) })
}

// WithBehavior sets the version of the built-in defaults. Default 1.
func WithBehavior(version int) Option {
	return clientOption(func(o *clientOptions) { o.behavior = state(version) })
}

// WithPolicy sets a policy document: an ameide.policy.v1.ClientPolicy as JSON. Code and environment hold over it.
// Fields that this version does not know are passed over, and named in one line of the log. Default none.
func WithPolicy(json []byte) Option {
	document := &policyOption{json: bytes.Clone(json)}
	return clientOption(func(o *clientOptions) { o.policy = state(document) })
}

// WithDescriptors gives descriptors that know their lines, which generated code does not: those of an image of your
// protos (buf build, then [protodesc.NewFiles]). [Transport.Explain] then tells the file and line of each fact of a proto.
// Default none.
//
// [protodesc.NewFiles]: https://pkg.go.dev/google.golang.org/protobuf/reflect/protodesc#NewFiles
func WithDescriptors(files *protoregistry.Files) Option {
	return clientOption(func(o *clientOptions) { o.descriptors = state(files) })
}

// WithTenantHeader gives the header of the tenant another name. Default x-tenant-id.
func WithTenantHeader(name string) Option {
	return clientOption(func(o *clientOptions) {
		o.headerNames = state(o.headerNames.value)
		o.headerNames.value.tenant = state(name)
	})
}

// WithRequestIDHeader gives the header of the request id another name. Default x-request-id.
func WithRequestIDHeader(name string) Option {
	return clientOption(func(o *clientOptions) {
		o.headerNames = state(o.headerNames.value)
		o.headerNames.value.requestID = state(name)
	})
}

// WithIdempotencyKeyHeader gives the header of the idempotency key another name. Default idempotency-key.
func WithIdempotencyKeyHeader(name string) Option {
	return clientOption(func(o *clientOptions) {
		o.headerNames = state(o.headerNames.value)
		o.headerNames.value.idempotencyKey = state(name)
	})
}

// WithAppName adds app/version, in visible ASCII, to the user agent. Default nothing.
func WithAppName(name string) Option {
	return clientOption(func(o *clientOptions) { o.appName = state(name) })
}

// WithBaggage passes on these keys of W3C baggage. Default none.
func WithBaggage(keys ...string) Option {
	keys = slices.Clone(keys)
	return clientOption(func(o *clientOptions) {
		o.baggage = state(append(slices.Clone(o.baggage.value), keys...))
	})
}

// WithAttemptSpans makes a child span for each attempt. Default false.
func WithAttemptSpans(spans bool) Option {
	return clientOption(func(o *clientOptions) { o.attemptSpans = state(spans) })
}

// WithTenantAttribute puts the tenant on spans, as ameide.tenant; never on metrics. Default false.
func WithTenantAttribute(tenant bool) Option {
	return clientOption(func(o *clientOptions) { o.tenantAttribute = state(tenant) })
}

// WithTelemetry makes spans and metrics by these providers; nil stands for the one of OpenTelemetry's global API.
// Default what is registered with the global API when a call begins.
func WithTelemetry(tracers trace.TracerProvider, meters metric.MeterProvider) Option {
	return clientOption(func(o *clientOptions) { o.telemetry = state(&telemetryOptions{tracers, meters}) })
}

// WithoutTelemetry makes no spans and metrics.
func WithoutTelemetry() Option {
	return clientOption(func(o *clientOptions) { o.telemetry = state[*telemetryOptions](nil) })
}

// WithLogger sets where to log. Default nowhere.
func WithLogger(logger *slog.Logger) Option {
	return clientOption(func(o *clientOptions) { o.logger = state(logger) })
}

// WithLogLevel sets how much is logged, where there is a logger. Default what the policy document says, or [LogWarn].
func WithLogLevel(level LogLevel) Option {
	return clientOption(func(o *clientOptions) { o.logLevel = state(level) })
}

// WithObserver gives a function the events of every call, in order, as plain data. It may cancel the call or close the
// client, and what follows is not sent. A panic in it is the program's own. Default none.
func WithObserver(observer Observer) Option {
	return clientOption(func(o *clientOptions) { o.observer = state(observer) })
}
