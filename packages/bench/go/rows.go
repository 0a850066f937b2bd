package bench

import (
	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go"
)

// A row compares contestants whose difference says what something costs. pnpm bench knows it by its name.
type row struct {
	name string
	// The one the others are compared with, and what is compared with it.
	base, other side
	// Another to stand beside them; nil for none.
	beside side
}

// A side makes a contestant; those of loopback call the server at the address.
type side func(address string) run

func canning(make func() run) side { return func(string) run { return make() } }

func sdkWith(changes ...ameide.Option) side {
	return func(string) run { return sdkUnary(changes...) }
}

// MeterService requires a tenant, so its proto has to be overruled.
const tenantOptional = `{"default": {"facts": {"tenant": "TENANT_MODE_OPTIONAL"}}}`

func observeNothing(ameide.Event) {}

var rows = []row{
	{name: "control", base: canning(bareUnary), other: canning(bareUnary)},
	{name: "unary", base: canning(bareUnary), other: sdkWith()},
	{name: "stream", base: canning(bareStream), other: canning(sdkStream)},

	{name: "auth", base: sdkWith(ameide.WithoutAuth()), other: sdkWith()},
	{
		name:  "tenant",
		base:  sdkWith(ameide.WithoutTenant(), ameide.WithPolicy([]byte(tenantOptional))),
		other: sdkWith(),
	},
	{
		// It cannot be switched off, but made by the caller.
		name:  "request_id",
		base:  func(string) run { return withCall(sdkUnary(), ameide.WithRequestID("1")) },
		other: func(string) run { return withCall(sdkUnary()) },
	},
	{name: "idempotency_key", base: sdkWith(ameide.WithoutIdempotencyKey()), other: sdkWith()},
	{
		// Without retries, or the attempt timeout would need the timer.
		name:  "deadline",
		base:  sdkWith(ameide.WithoutRetry(), ameide.NoDeadline()),
		other: sdkWith(ameide.WithoutRetry()),
	},
	{name: "retry", base: sdkWith(ameide.WithoutRetry()), other: sdkWith()},
	{name: "telemetry", base: sdkWith(ameide.WithoutTelemetry()), other: sdkWith()},
	{name: "observer", base: sdkWith(), other: sdkWith(ameide.WithObserver(observeNothing))},

	{name: "loopback_control", base: bareLoopback(ameide.HTTP1), other: bareLoopback(ameide.HTTP1)},
	{
		name:  "loopback_http1",
		base:  bareLoopback(ameide.HTTP1),
		other: sdkLoopback(ameide.HTTP1, ameide.ProtocolConnect),
	},
	{
		name:  "loopback_h2c",
		base:  bareLoopback(ameide.HTTP2),
		other: sdkLoopback(ameide.HTTP2, ameide.ProtocolConnect),
	},
	{
		name:  "loopback_http1_headers",
		base:  bareLoopbackWithHeaders(ameide.HTTP1),
		other: sdkLoopback(ameide.HTTP1, ameide.ProtocolConnect),
	},
	{
		name:  "loopback_h2c_headers",
		base:  bareLoopbackWithHeaders(ameide.HTTP2),
		other: sdkLoopback(ameide.HTTP2, ameide.ProtocolConnect),
	},
	{
		name:   "loopback_grpc",
		base:   bareLoopback(ameide.HTTP2, connect.WithGRPC()),
		other:  sdkLoopback(ameide.HTTP2, ameide.ProtocolGRPC),
		beside: grpcGo,
	},
}
